"""Files for their owner alone: what others could have read or written is refused, with what to do."""

import os
from pathlib import Path

import pytest

from libs.runtime.config.guards import CannotStart
from services.command import private


def refused(path: Path) -> str:
    with pytest.raises(CannotStart) as refusal:
        private.read(path)
    return str(refusal.value)


def test_a_file_is_written_for_its_owner_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"

    private.write(path, b"one")
    private.write(path, b"two")

    assert private.read(path) == b"two"
    assert [(each.name, each.stat().st_mode & 0o777) for each in path.parent.iterdir()] == [("file", 0o600)]
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert private.read(tmp_path / "file") is None
    assert not private.remove(tmp_path / "file")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o606, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"secret")
    path.chmod(mode)

    assert f"Run `chmod 600 {path}`, then log in again" in refused(path)


def test_a_link_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "theirs", tmp_path / "file"
    private.write(target, b"theirs")
    link.symlink_to(target)

    with pytest.raises(CannotStart, match="is a symbolic link"):
        private.write(link, b"mine")

    assert "is a symbolic link" in refused(link)
    assert private.read(target) == b"theirs"


def test_a_pipe_is_refused_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "file", 0o600)

    assert "is neither a file nor a folder" in refused(tmp_path / "file")


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    private.write(path, b"theirs")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    assert "belongs to another user" in refused(path)


@pytest.mark.parametrize("mode", [0o770, 0o777])
def test_nothing_is_written_into_a_folder_in_which_others_can_write(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(CannotStart, match="can be written by others"):
        private.write(folder / "file", b"secret")

    assert list(folder.iterdir()) == []
