"""Letters on paper: one PDF for all that are printed together, each letter on pages of its own.

Pages are A4. The address stands where envelopes with a window show it (DIN 5008, form B; C6/5 and DL): 45 mm
from the top, 25 mm from the left. The font goes into the file, so that a print shop needs none.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from libs.notify.letter_font import PACKAGE

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 25 * mm, 20 * mm, 25 * mm, 25 * mm
_WINDOW_TOP, _WINDOW_WIDTH, _WINDOW_HEIGHT, _BODY_TOP = 45 * mm, 78 * mm, 38 * mm, 105 * mm
_SMALL, _NORMAL, _LARGE, _LEADING = 7, 10.5, 12, 1.45
_PIECES = re.compile(r"[^\s\u2e80-\uffef]+|\s+|.")
_NEVER_FIRST = "，。；：？！、）》」』”’…"


class FontUnusable(ValueError):
    """There is no such font, or letters cannot be written in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter. `parts`: a heading and what it says, each. It never shows its content: that is personal."""

    number: int
    address: str = field(repr=False)
    date: str
    opening: Sequence[str] = field(repr=False)
    parts: Sequence[tuple[str, str]] = field(repr=False)
    closing: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """On which pages of the file a letter is, and which of its characters the font does not have."""

    number: int
    first_page: int
    last_page: int
    missing: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    space: float = 0.0


class Typesetter:
    """Sets letters in a font."""

    def __init__(self, font: Path) -> None:
        """Raises `FontUnusable`."""
        try:
            self._font = TTFont("letters", str(font))
        except (TTFError, OSError) as error:
            advice = f"Debian has one: {PACKAGE}"
            raise FontUnusable(f"{font} is no TrueType font that can be read ({advice})") from error
        pdfmetrics.registerFont(self._font)

    def pdf(self, letters: Sequence[Letter], *, sender: str, batch: str) -> tuple[bytes, Sequence[Written]]:
        """The file, and where in it each letter is."""
        file, written = io.BytesIO(), list[Written]()
        canvas = Canvas(file, pagesize=A4, invariant=True, pageCompression=1)
        canvas.setTitle(f"Letters {batch}")
        for letter in letters:
            pages = [*self._pages(letter)]
            first = canvas.getPageNumber()
            for nth, page in enumerate(pages, start=1):
                if nth == 1:
                    self._head(canvas, letter, sender)
                self._body(canvas, page, _BODY_TOP if nth == 1 else _TOP)
                self._draw(canvas, _LEFT, 12 * mm, f"{batch}-{letter.number}", _SMALL)
                self._draw(canvas, _WIDTH - _RIGHT - 10 * mm, 12 * mm, f"{nth}/{len(pages)}", _SMALL)
                canvas.showPage()
            written.append(
                Written(
                    number=letter.number,
                    first_page=first,
                    last_page=first + len(pages) - 1,
                    missing=self._missing(letter),
                )
            )
        canvas.save()
        return file.getvalue(), written

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """The lines of a text: broken at blanks, and between Chinese characters."""
        lines = list[str]()
        for paragraph in text.splitlines():
            line = ""
            for piece in self._pieces(paragraph, size, width):
                if line and self._length(line + piece.rstrip(), size) > width and piece not in _NEVER_FIRST:
                    lines.append(line.rstrip())
                    line = piece.lstrip()
                else:
                    line += piece
            lines.append(line.rstrip())
        return lines

    def _pieces(self, text: str, size: float, width: float) -> Iterator[str]:
        """What stays on one line; a word that is longer than a line is cut."""
        for piece in _PIECES.findall(text):
            if self._length(piece, size) <= width:
                yield piece
            else:
                yield from piece

    def _pages(self, letter: Letter) -> Iterator[Sequence[_Line]]:
        page, room = list[_Line](), _HEIGHT - _BODY_TOP - _BOTTOM
        for line in self._lines(letter):
            needed = line.size * _LEADING + line.space
            if needed > room:
                yield page
                page, room = [], _HEIGHT - _TOP - _BOTTOM
            page.append(line)
            room -= needed
        yield page

    def _lines(self, letter: Letter) -> Iterator[_Line]:
        yield from self._paragraph(letter.date, _NORMAL, 0)
        for text in letter.opening:
            yield from self._paragraph(text, _NORMAL, 10)
        for heading, text in letter.parts:
            yield from self._paragraph(heading, _LARGE, 12)
            yield from self._paragraph(text, _NORMAL, 2)
        for text in letter.closing:
            yield from self._paragraph(text, _NORMAL, 12)

    def _paragraph(self, text: str, size: float, space: float) -> Iterator[_Line]:
        lines = self.wrapped(_shown(text), size, _WIDTH - _LEFT - _RIGHT)
        for nth, line in enumerate(lines):
            yield _Line(line, size, 0 if nth else space)

    def _head(self, canvas: Canvas, letter: Letter, sender: str) -> None:
        """The sender in small print above the address, both in the window."""
        line = self.wrapped(_shown(sender), _SMALL, _WINDOW_WIDTH)
        at = _HEIGHT - _WINDOW_TOP - _SMALL
        for text in line[:2]:
            self._draw(canvas, _LEFT, at, text, _SMALL)
            at -= _SMALL * _LEADING
        lines, size = self._fitting(_shown(letter.address), _WINDOW_HEIGHT - 2 * _SMALL * _LEADING)
        for text in lines:
            at -= size * _LEADING
            self._draw(canvas, _LEFT, at, text, size)

    def _fitting(self, address: str, height: float) -> tuple[list[str], float]:
        """An address in the largest print in which all of it shows in the window."""
        for text in (address, " ".join(address.split())):
            for size in (11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0):
                lines = [line for line in self.wrapped(text, size, _WINDOW_WIDTH) if line]
                if len(lines) * size * _LEADING <= height:
                    return lines, size
        return lines, size

    def _body(self, canvas: Canvas, page: Sequence[_Line], top: float) -> None:
        at = _HEIGHT - top
        for line in page:
            at -= line.space + line.size * _LEADING
            self._draw(canvas, _LEFT, at, line.text, line.size)

    def _draw(self, canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
        canvas.setFont("letters", size)
        canvas.drawString(x, y, text)

    def _length(self, text: str, size: float) -> float:
        return float(self._font.stringWidth(text, size))

    def _missing(self, letter: Letter) -> str:
        """The characters that the font does not have: they must be written by hand."""
        parts = (part for pair in letter.parts for part in pair)
        texts = (letter.address, letter.date, *letter.opening, *parts, *letter.closing)
        used = {each for each in _shown("".join(texts)) if not each.isspace()}
        return "".join(sorted(each for each in used if ord(each) not in self._font.face.charToGlyph))


def _shown(text: str) -> str:
    """What can be seen of a text; its lines stay."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text)
