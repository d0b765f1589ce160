"""Temporary folders lie in memory where there is room, and where the caller wants them if that is said."""

from pathlib import Path

from libs.testkit.memory import write_to_memory


def test_temporary_folders_lie_in_memory_where_there_is_room(tmp_path: Path) -> None:
    environ = {"HOME": "/home/li"}

    write_to_memory(environ, tmp_path, room=1)

    assert environ == {"HOME": "/home/li", "TMPDIR": str(tmp_path)}


def test_whoever_names_a_folder_gets_it(tmp_path: Path) -> None:
    environ = {"TMPDIR": "/srv/scratch"}

    write_to_memory(environ, tmp_path, room=1)

    assert environ == {"TMPDIR": "/srv/scratch"}


def test_without_room_they_lie_where_they_always_do(tmp_path: Path) -> None:
    environ: dict[str, str] = {}

    write_to_memory(environ, tmp_path, room=2**60)
    write_to_memory(environ, tmp_path / "no such folder", room=1)

    assert environ == {}
