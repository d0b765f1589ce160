"""The contract of golden files notices what it is there to notice."""

from dataclasses import dataclass
from pathlib import Path

from libs.ledger.personal import Personal
from libs.ledger.store.mapper import Events
from libs.testkit.golden import differences, write_missing


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


def table(tp: type) -> Events:
    return Events(service="post", types={"moved.v1": tp})


def test_files_are_written_once_and_hold_no_clear_text(tmp_path: Path) -> None:
    assert write_missing(table(Moved), tmp_path) == ["moved.v1"]
    assert write_missing(table(Moved), tmp_path) == []

    assert differences(table(Moved), tmp_path) == []
    assert "邻 01".encode() not in (tmp_path / "moved.v1.msgpack").read_bytes()
    assert "邻 01" in (tmp_path / "moved.v1.json").read_text()


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    assert differences(table(Moved), tmp_path) == [
        "moved.v1 has no golden file: run `python -m libs.testkit.golden post` and commit it"
    ]


def test_a_new_field_with_a_default_is_welcome(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    assert differences(table(MovedOn), tmp_path) == []


def test_a_field_that_is_not_read_any_more_is_noticed(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    (difference,) = differences(table(MovedSomewhere), tmp_path)

    assert difference.startswith("moved.v1.to is not read any more")


def test_another_value_is_noticed(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)
    said = tmp_path / "moved.v1.json"
    said.write_text(said.read_text().replace("邻 01", "邻 02"))

    (difference,) = differences(table(Moved), tmp_path)

    assert difference.startswith("moved.v1.by.value said")


def test_a_name_that_was_dropped_is_noticed(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)

    (difference,) = differences(Events(service="post", types={}), tmp_path)

    assert difference.startswith("moved.v1 was stored once")


def test_an_upcast_keeps_an_old_name_readable(tmp_path: Path) -> None:
    write_missing(table(Moved), tmp_path)
    upcasts = {"moved.v1": ("moved.v2", lambda fields: {**fields, "carefully": True})}
    newer = Events(service="post", types={"moved.v2": MovedOn}, upcasts=upcasts)
    write_missing(newer, tmp_path)

    assert differences(newer, tmp_path) == []
