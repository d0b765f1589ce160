"""Messages as files in a folder: for trying out, where no mail server and no gateway is set up.

Whoever reads the folder reads what people are sent. Each file is for its owner only.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from libs.notify.channel import ChannelAway, Outgoing


class FolderChannel:
    """`Channel` into a folder, which is made when the first message comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Outgoing) -> None:
        """Write `<moment>-<id>.txt`; the same message again replaces it."""
        file = self._folder / f"{_moment(message.written_at)}-{message.id}.txt"
        new = file.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
                written.write(f"To: {message.address}\nSubject: {message.title}\n\n{message.text}\n".encode())
            new.replace(file)
        except OSError as error:
            raise ChannelAway(type(error).__name__) from None

    def clear(self, before: datetime) -> None:
        """Remove the messages that were written before a moment, and nothing else."""
        for file in self._folder.glob("????????T??????.??????-*"):
            if file.suffix in {".txt", ".new"} and file.name < _moment(before):
                file.unlink(missing_ok=True)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
