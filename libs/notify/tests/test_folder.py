"""Messages as files: for their owner only, and the same one once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from libs.notify.channel import ChannelAway, Outgoing
from libs.notify.folder import FolderChannel

NINE = datetime(2026, 11, 29, 9, tzinfo=UTC)
MESSAGE = Outgoing(
    id="m-1",
    address="mei@example.org",
    language="zh",
    title="邻里：注册验证码",
    text="1234 5678是您的注册验证码",
    written_at=NINE,
)


def test_a_message_is_one_file_for_its_owner(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path / "messages")

    channel.send(MESSAGE)
    channel.send(MESSAGE)

    [file] = (tmp_path / "messages").iterdir()
    assert file.name == "20261129T090000.000000-m-1.txt"
    assert "To: mei@example.org\nSubject: 邻里" in file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ChannelAway):
        FolderChannel(tmp_path / "file").send(MESSAGE)


def test_what_is_old_is_removed_and_nothing_that_is_no_message(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path)
    for number in range(3):
        channel.send(replace(MESSAGE, id=f"m-{number}", written_at=NINE + timedelta(minutes=number)))
    (tmp_path / "notes.txt").touch()

    channel.clear(NINE + timedelta(minutes=2))

    assert sorted(each.name for each in tmp_path.iterdir()) == ["20261129T090200.000000-m-2.txt", "notes.txt"]


def test_a_folder_that_was_never_made_has_nothing_to_remove(tmp_path: Path) -> None:
    FolderChannel(tmp_path / "messages").clear(NINE)
