"""A file is loaded: refused rows are kept, what stops the import is raised, the clocks wait for the end."""

from pathlib import Path

import grpc
import pytest

from libs.rpc.failures import RpcFailed
from services.command.imports import account, checking
from services.command.imports.loading import Loaded, load
from services.command.imports.map_file import parse_map
from services.command.imports.tests.places import ground
from services.command.imports.tests.platforms import Cases, failed, platform

BY = parse_map(
    "system: quarry\nname: Quarry\nzone: UTC\ncolumns: {id: nr, affair: art, opened: eingang}\n"
    "affairs: {values: {Licht: lamp}}\nplace: {without: City}\n"
)
GROUND = ground({"lamp": "Laterne"})


def loaded(folder: Path, cases: Cases, *, finish: bool = False) -> tuple[Loaded, str]:
    """What comes of a file of forty requests, and what is said of it."""
    path = folder / "requests.csv"
    path.write_text(
        "Nr;Art;Eingang\n" + "".join(f"Q-{n};Licht;2020-02-01 10:{n}\n" for n in range(10, 50)), "utf-8"
    )
    checked = checking.check(path, BY, GROUND)
    found = load(platform(cases), path, BY, GROUND, checked, live=False, finish=finish)
    return found, " ".join(line.strip() for line in account.of_load(found, checked, finish=finish))


def test_a_complete_history_is_handed_over(tmp_path: Path) -> None:
    cases = Cases()

    _, said = loaded(tmp_path, cases, finish=True)

    assert cases.finished == ["quarry"]
    assert "40 cases were handed over to the running clocks." in said


def test_a_history_with_a_request_that_was_not_told_is_not_handed_over(tmp_path: Path) -> None:
    no = failed(grpc.StatusCode.FAILED_PRECONDITION, "AREA_ENDS")
    cases = Cases(refuses=lambda number: no if number == "Q-12" else None)

    found, said = loaded(tmp_path, cases, finish=True)

    assert (found.told.opened, found.told.failed, found.released, cases.finished) == (39, 1, 0, [])
    assert (
        "The cases were not handed over: 1 requests were not told to the end;"
        " run the same command again, or skip them in the map."
    ) in said
    assert "row 4 (Q-12): OpenCase: AREA_ENDS: it is so" in said


@pytest.mark.parametrize(
    "no",
    [
        failed(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED"),
        failed(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED"),
        failed(grpc.StatusCode.DEADLINE_EXCEEDED),
        failed(grpc.StatusCode.UNAVAILABLE),
    ],
    ids=["expired", "revoked", "late", "away"],
)
def test_what_is_not_about_the_row_stops_the_import_and_the_next_run_goes_on(
    tmp_path: Path, no: RpcFailed
) -> None:
    cases = Cases(refuses=lambda number: no if number == "Q-12" else None)

    with pytest.raises(RpcFailed) as stopped:
        loaded(tmp_path, cases, finish=True)
    assert stopped.value is no
    assert cases.finished == []

    before = len(cases.opened)
    cases.refuses = lambda _number: None
    found, _ = loaded(tmp_path, cases, finish=True)

    assert (found.known, found.told.opened, found.told.failed) == (before, 40 - before, 0)
    assert cases.finished == ["quarry"]


def test_each_run_asks_anew_whose_the_numbers_are(tmp_path: Path) -> None:
    cases = Cases()

    loaded(tmp_path, cases)
    loaded(tmp_path, cases)

    assert len(set(cases.registered)) == 2
