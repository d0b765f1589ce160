"""Notices as letters, from the event of a neighbour to the PDF that is printed."""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from pypdf import PdfReader

from libs.ledger.decider import Refusal
from libs.ledger.store import leader_lock
from libs.notify.letter_font import FONT
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.adapters.letter_files import LetterFiles
from services.identity.application.letters import Bundle
from services.identity.domain.delivery import Delivered, DropCause, Dropped, Waiting
from services.identity.domain.preferences import NoticeChannel
from services.identity.tests.test_component import as_role, define, operator_of, refused, register, request_id
from services.identity.tests.test_mail import choose, deliveries, line_of, opened, the_only, willow

number = Ids("residents with letters")
SENDER = "Willow Street Office, 1 Willow Road"
ROAD = "上海市静安区南京西路1号"


@pytest.fixture(scope="module")
def running(postgres_server: TestServer, letter_font: Path) -> Iterator[Component]:
    environ = {"LINLI_IDENTITY_LETTER_SENDER": SENDER, "LINLI_IDENTITY_LETTER_FONT": str(letter_font)}
    with willow(postgres_server, environ) as service:
        define(operator_of(service), "poplar", "la", types.AREA_LEVEL_COMMUNITY)
        yield service


@pytest.fixture(autouse=True)
def nothing_waits(running: Component, tmp_path: Path) -> None:
    """What an earlier test left is printed."""
    while "no letter waits" not in printed(running, tmp_path):
        pass
    for file in tmp_path.iterdir():
        file.unlink()


@pytest.fixture
def mei(running: Component) -> str:
    """A resident's id."""
    return resident(running)


def resident(running: Component, **more: str) -> str:
    given = {"name": "陈梅", "address": ROAD} | more
    return str(register(operator_of(running), number(), **given).resident_id)


def printed(running: Component, out: Path, **words: str) -> str:
    return running.opened.parts.by_hand["notices-letters"]({"out": str(out), "area": "", "again": ""} | words)


def by_letter(running: Component, subject: str, **fields: Any) -> str:
    return choose(running, subject, channels=[types.NOTICE_CHANNEL_LETTER], **fields)


def told(running: Component, subject: str) -> None:
    """Something is told to somebody, and waits for the next letters."""
    opened(running, subject)
    eventually(lambda: set_aside(running, subject), "it waits for the next letters")


def set_aside(running: Component, subject: str) -> bool:
    line = line_of(running.opened.parts.by_hand["notices-list"]({}), subject)
    return "letter waits for the next letters" in line


def text_of(file: Path) -> list[str]:
    return ["".join(page.extract_text().split("\n")) for page in PdfReader(file).pages]


def the_pdf(folder: Path) -> Path:
    [file] = folder.glob("*.pdf")
    return file


@pytest.mark.capability("004.14")
def test_who_has_no_login_and_chose_nothing_gets_a_letter_to_the_registered_address(
    running: Component, tmp_path: Path, mei: str
) -> None:
    told(running, mei)

    said = printed(running, tmp_path)

    assert re.fullmatch(r"batch \d+: 1 letter in .*\.pdf", said)
    [page] = text_of(the_pdf(tmp_path))
    for line in ("陈梅", ROAD, "陈梅：您好！", "您的诉求LL-17已登记", SENDER):
        assert line in page
    assert the_only(running, mei, Delivered).channel is NoticeChannel.LETTER


@pytest.mark.capability("004.14")
def test_a_letter_is_in_the_language_and_goes_to_the_address_that_the_person_chose(
    running: Component, tmp_path: Path, mei: str
) -> None:
    by_letter(running, mei, language=types.NOTICE_LANGUAGE_EN, postal_address="2 Poplar Road\nShanghai")
    told(running, mei)

    printed(running, tmp_path)

    [page] = text_of(the_pdf(tmp_path))
    assert "2 Poplar Road" in page
    assert "Your report LL-17 was received" in page
    assert ROAD not in page


def test_all_that_happened_since_the_last_letter_is_in_one(
    running: Component, tmp_path: Path, mei: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.identity.adapters.views.outbox.GATHER", timedelta(0))
    told(running, mei)
    opened(running, mei)
    listed = running.opened.parts.by_hand["notices-list"]
    eventually(lambda: _twice(listed({}), mei), "both wait")

    printed(running, tmp_path)

    [page] = text_of(the_pdf(tmp_path))
    assert page.count("您的诉求LL-17已登记") == 2
    assert [type(each) for each in deliveries(running, mei)] == [Delivered, Delivered]


def _twice(listed: str, subject: str) -> bool:
    lines = [line for line in listed.splitlines() if subject in line]
    return ["letter waits" in line for line in lines] == [True, True]


def test_nobody_is_written_to_twice(running: Component, tmp_path: Path, mei: str) -> None:
    told(running, mei)
    printed(running, tmp_path)

    assert printed(running, tmp_path).splitlines()[0] == "no letter waits"


def test_what_is_still_gathered_is_said_to_whoever_prints_and_looks(
    running: Component, tmp_path: Path, mei: str
) -> None:
    told(running, mei)
    printed(running, tmp_path)
    before = running.opened.parts.by_hand["notices-list"]({})
    opened(running, mei)  # within five minutes of the first

    said = eventually(lambda: _gathered(printed(running, tmp_path)), "it waits to be prepared")
    assert said.startswith("no letter waits\n")
    assert "not ready yet: they are gathered for five minutes" in said
    listed = running.opened.parts.by_hand["notices-list"]({})
    assert listed.startswith("everything that was sent has arrived\nnotices to ")
    assert listed != before


def _gathered(said: str) -> str:
    return said if "not ready yet" in said else ""


def test_quiet_hours_do_not_hold_for_letters(running: Component, tmp_path: Path, mei: str) -> None:
    minute = int(datetime.now(UTC).timestamp()) // 60 % 1440
    now = pb.QuietHours(from_minute=(minute - 1) % 1440, until_minute=(minute + 60) % 1440)
    by_letter(running, mei, quiet_hours=now, time_zone="UTC")
    told(running, mei)

    assert "1 letter" in printed(running, tmp_path)


def test_who_has_no_address_is_written_to_by_nobody(running: Component, tmp_path: Path) -> None:
    lost = resident(running, address="")
    opened(running, lost)

    the_only(running, lost, Dropped)
    assert printed(running, tmp_path).splitlines()[0] == "no letter waits"
    with refused("POSTAL_ADDRESS_MISSING"):
        by_letter(running, lost)


def test_who_can_log_in_gets_no_letter_unless_they_choose_it(
    running: Component, tmp_path: Path, mei: str
) -> None:
    login = pb.CreateLoginRequest(
        request_id=request_id(), party_id=mei, login_name=f"mei.{mei[:8]}", password="a long enough one"
    )
    operator_of(running).create_login(login)
    hua = resident(running)
    opened(running, mei)

    told(running, hua)  # who came later waits, so the one before would, too
    assert deliveries(running, mei) == []


def test_who_wants_no_letters_any_more_gets_none(running: Component, tmp_path: Path, mei: str) -> None:
    by_letter(running, mei)
    told(running, mei)
    choose(running, mei)

    assert printed(running, tmp_path).splitlines()[0] == "no letter waits"


def dies(running: Component, folder: Path, patch: pytest.MonkeyPatch, write: Callable[..., None]) -> None:
    """A run that is interrupted while it writes."""
    with patch.context() as patched:
        patched.setattr(LetterFiles, "write", write)
        with pytest.raises(KeyboardInterrupt):
            printed(running, folder)


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_dies_loses_nothing_and_the_next_one_prints_the_same(
    running: Component, tmp_path: Path, mei: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(running, mei)
    dies(running, tmp_path, monkeypatch, _dies)
    assert isinstance(the_only(running, mei, Waiting), Waiting)
    told(running, hua := resident(running))

    first, second = printed(running, tmp_path), printed(running, tmp_path)

    assert "an earlier run began it and never finished" in first
    assert "an earlier run" not in second
    assert int(second.split()[1][:-1]) == int(first.split()[1][:-1]) + 1
    for who in (mei, hua):
        the_only(running, who, Delivered)
    listed = [file.read_text("utf-8") for file in sorted(tmp_path.glob("*.txt"))]
    assert sorted(sum(who in text for text in listed) for who in (mei, hua)) == [1, 1]


def test_a_run_that_dies_after_it_wrote_the_file_leaves_one_batch_not_two(
    running: Component, tmp_path: Path, mei: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(running, mei)
    write = LetterFiles.write

    def writes_and_dies(files: LetterFiles, bundle: Bundle) -> None:
        write(files, bundle)
        raise KeyboardInterrupt

    dies(running, tmp_path, monkeypatch, writes_and_dies)
    before = the_pdf(tmp_path).read_bytes()

    printed(running, tmp_path)

    assert the_pdf(tmp_path).read_bytes() == before
    the_only(running, mei, Delivered)


def test_who_is_erased_before_the_letter_is_printed_gets_none_and_the_list_says_so(
    running: Component, tmp_path: Path, mei: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(running, mei)
    dies(running, tmp_path, monkeypatch, _dies)
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="asked for it")
    )

    said = printed(running, tmp_path)

    assert "0 letters, 1 not written (see the list)" in said
    assert [*tmp_path.glob("*.pdf")] == []
    [listed] = [file.read_text("utf-8") for file in tmp_path.glob("*.txt")]
    assert f"not written: the person was erased  {mei}" in listed
    assert the_only(running, mei, Dropped).cause is DropCause.ERASED


def test_a_batch_is_printed_again_as_it_was(running: Component, tmp_path: Path, mei: str) -> None:
    told(running, mei)
    batch = printed(running, tmp_path).split()[1][:-1]
    before = the_pdf(tmp_path).read_bytes()
    the_pdf(tmp_path).unlink()

    printed(running, tmp_path, again=batch)

    assert the_pdf(tmp_path).read_bytes() == before
    for unknown in (str(int(batch) + 1), "0", "x"):
        with pytest.raises(Refusal, match=f"there is no batch {unknown} of letters"):
            printed(running, tmp_path, again=unknown)


def test_of_two_runs_at_once_one_prints(running: Component, tmp_path: Path, mei: str) -> None:
    told(running, mei)
    dsn = running.opened.settings.database_url.reveal()
    with leader_lock.alone(dsn, "letters"), pytest.raises(Refusal, match="another run prints letters"):
        printed(running, tmp_path)

    with ThreadPoolExecutor(4) as threads:
        outcomes = [*threads.map(lambda _: _outcome(running, tmp_path), range(4))]

    assert sum("1 letter " in said for said in outcomes) == 1
    the_only(running, mei, Delivered)


def _outcome(running: Component, folder: Path) -> str:
    try:
        return printed(running, folder)
    except Refusal as refusal:
        return refusal.code


def test_only_those_within_an_area_are_written_to(running: Component, tmp_path: Path, mei: str) -> None:
    hua = resident(running, area_id="poplar")
    for who in (mei, hua):
        told(running, who)

    assert "1 letter " in printed(running, tmp_path, area="poplar")
    the_only(running, hua, Delivered)
    the_only(running, mei, Waiting)
    with pytest.raises(Refusal, match="no area has this id"):
        printed(running, tmp_path, area="nowhere")


def test_the_files_are_for_their_owner_and_the_list_names_nobody(
    running: Component, tmp_path: Path, mei: str
) -> None:
    told(running, mei)

    printed(running, tmp_path / "today.pdf")

    assert {file.name for file in tmp_path.iterdir()} == {"today.pdf", "today.txt"}
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    listed = (tmp_path / "today.txt").read_text("utf-8")
    assert re.search(rf"^\d+-1  pages 1-1  la/willow  {mei}$", listed, re.MULTILINE)
    assert not any(each in listed for each in ("陈梅", "南京"))


def test_where_nothing_can_be_written_nothing_is_recorded(
    running: Component, tmp_path: Path, mei: str
) -> None:
    told(running, mei)
    (tmp_path / "old.pdf").write_bytes(b"other letters")
    build: Mapping[str, Any] = {
        "is no folder": partial(printed, running, tmp_path / "nowhere"),
        "is there already": partial(printed, running, tmp_path / "old.pdf"),
        "is no TrueType font": lambda: LetterFiles(tmp_path, FONT.parent, SENDER),
    }

    for reason, act in build.items():
        with pytest.raises(ValueError, match=reason):
            act()

    assert (tmp_path / "old.pdf").read_bytes() == b"other letters"
    assert "an earlier run" not in printed(running, tmp_path)
