"""Batches of letters as files: one PDF to print, and a list to check the envelopes by."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from libs.notify.letters import Letter, Typesetter, Written
from libs.runtime.config.files import put
from services.identity.application.letters import Bundle
from services.identity.domain.delivery import DropCause

_WHY = {DropCause.ERASED: "the person was erased", DropCause.NO_CHANNEL: "no address is known any more"}


class CannotWrite(ValueError):
    """The files cannot be written there."""


class LetterFiles:
    """Writes `letters-N.pdf` and `letters-N.txt` into a folder, or `FILE.pdf` and `FILE.txt`."""

    def __init__(self, out: Path, font: Path, sender: str) -> None:
        """Raises ValueError where nothing can be written: before anything is recorded."""
        self._out = out
        self._one_file = out.suffix == ".pdf"
        self._sender = sender
        self._typesetter = Typesetter(font)
        folder = out.parent if self._one_file else out
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise CannotWrite(f"{folder} is no folder that can be written to")
        if self._one_file and out.exists():
            raise CannotWrite(f"{out} is there already, and may hold other letters: name another file")

    def write(self, bundle: Bundle) -> None:
        """Write both, all of each or nothing. Only their owner may read them."""
        letters = [
            Letter(
                number=each.number,
                address=each.address,
                date=each.text.date,
                opening=each.text.opening,
                parts=each.text.parts,
                closing=each.text.closing,
            )
            for each in bundle.written
        ]
        pdf, pages = self._typesetter.pdf(letters, sender=self._sender, batch=bundle.batch)
        listed = "\n".join([f"Letters {bundle.batch}, {len(letters)} in all", "", *_lines(bundle, pages)])
        file = self.file(bundle.batch)
        _put(file.with_suffix(".txt"), f"{listed}\n".encode())
        if letters:
            _put(file, pdf)

    def file(self, batch: str) -> Path:
        """The PDF of a batch."""
        return self._out if self._one_file else self._out / f"letters-{batch}.pdf"


def _lines(bundle: Bundle, pages: Sequence[Written]) -> Iterator[str]:
    """A line for each letter, without names and addresses."""
    for letter, where in zip(bundle.written, pages, strict=True):
        missing = " ".join(f"U+{ord(each):04X}" for each in where.missing)
        by_hand = f"  write by hand what the font does not have: {missing}" if missing else ""
        yield (
            f"{bundle.batch}-{letter.number}  pages {where.first_page}-{where.last_page}"
            f"  {letter.area_path or '-'}  {letter.resident_id}{by_hand}"
        )
    for left in bundle.left_out:
        yield f"{bundle.batch}-{left.number}  not written: {_WHY[left.cause]}  {left.resident_id}"


def _put(file: Path, content: bytes) -> None:
    try:
        put(file, content, lasting=True)
    except OSError as error:
        raise CannotWrite(f"{file} cannot be written: {error.strerror}") from error
