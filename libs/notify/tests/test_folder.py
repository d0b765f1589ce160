"""Messages as files: for their owner only, and the same one once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.notify.channel import ChannelAway, Outgoing
from libs.notify.folder import FolderChannel

MESSAGE = Outgoing(
    id="m-1",
    address="mei@example.org",
    language="zh",
    title="邻里：注册验证码",
    text="1234 5678是您的注册验证码",
    written_at=datetime(2026, 11, 29, 9, tzinfo=UTC),
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
