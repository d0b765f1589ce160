"""Words of a file and of a map, compared as people read them."""

import re
import unicodedata

_BLANKS = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


def folded(word: str) -> str:
    """A word without what does not matter: case, width, blanks at the ends and double ones."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", word)).strip().casefold()


def clean(text: str) -> str:
    """A text without control characters and blanks at its ends."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
