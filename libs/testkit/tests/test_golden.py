"""The contract of golden files notices what it is there to notice."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.ledger.mapper import Events
from libs.ledger.personal import Personal
from libs.testkit.golden import GoldenFiles, write_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    to: str
    by: Personal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOn:
    to: str
    by: Personal | None
    carefully: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedSomewhere:
    by: Personal | None


def contract(folder_: Path, events_: Events) -> GoldenFiles:
    class Contract(GoldenFiles):
        events = events_
        folder = folder_

    return Contract()


def holds(contract: GoldenFiles) -> bool:
    contract.test_every_stored_name_has_a_golden_file()
    contract.test_every_golden_file_has_its_name()
    contract.test_every_golden_file_says_what_it_said()
    return True


def table(tp: type) -> Events:
    return Events(service="post", types={"moved.v1": tp})


def test_files_are_written_once_and_hold_no_clear_text(tmp_path: Path) -> None:
    assert write_missing(table(Moved), tmp_path) == ["moved.v1"]
    assert write_missing(table(Moved), tmp_path) == []

    assert holds(contract(tmp_path, table(Moved)))
    assert "邻 01".encode() not in (tmp_path / "moved.v1.msgpack").read_bytes()
    assert "邻 01" in (tmp_path / "moved.v1.json").read_text()


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"python -m libs\.testkit\.golden post"):
        contract(tmp_path, table(Moved)).test_every_stored_name_has_a_golden_file()


def test_a_new_field_with_a_default_is_welcome(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    assert holds(contract(tmp_path, table(MovedOn)))


def test_a_field_that_is_not_read_any_more_is_noticed(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    with pytest.raises(AssertionError, match=r"moved\.v1\.to is not read any more"):
        contract(tmp_path, table(MovedSomewhere)).test_every_golden_file_says_what_it_said()


def test_a_name_that_was_dropped_is_noticed(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    with pytest.raises(AssertionError, match="were stored once"):
        contract(tmp_path, Events(service="post", types={})).test_every_golden_file_has_its_name()


def test_an_upcast_keeps_an_old_name_readable(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)
    upcasts = {"moved.v1": ("moved.v2", lambda fields: {**fields, "carefully": True})}
    newer = Events(service="post", types={"moved.v2": MovedOn}, upcasts=upcasts)
    write_missing(newer, tmp_path)

    assert holds(contract(tmp_path, newer))
