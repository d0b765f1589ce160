"""How texts in Chinese and English become words to search by, without help of the database.

Latin words are folded (width, case, accents) and lose a plural `s`. Chinese has no blanks: a run of
characters gives its single characters (to be found by one) and its pairs (to be found by more).
"""

import re
import unicodedata
from collections.abc import Iterator

_LONGEST = 40
"""Characters of one word; what is longer is no word."""

# The unified ideographs with extensions A to H, those of compatibility, and the iteration mark.
_HAN = "㐀-䶿一-鿿豈-﫿\U00020000-\U000323af々"
_RUN = re.compile(f"(?P<han>[{_HAN}]+)|(?P<word>[^\\W_{_HAN}]+)")


def indexed(text: str) -> list[str]:
    """All words under which a text can be found, in order, with repetitions."""
    return [word for run, han in _runs(text) for word in (_singles_and_pairs(run) if han else [_stem(run)])]


def wanted(query: str) -> tuple[str, ...]:
    """The words that a query looks for, each once: of a Chinese run its pairs, or its only character."""
    found: dict[str, None] = {}
    for run, han in _runs(query):
        found.update(dict.fromkeys((_pairs(run) or [run]) if han else [_stem(run)]))
    return tuple(found)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of Chinese characters (True), and words of other scripts (False)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    for found in _RUN.finditer(unicodedata.normalize("NFC", folded)):
        if found["han"]:
            yield found["han"], True
        elif len(found["word"]) <= _LONGEST:
            yield found["word"], False


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _singles_and_pairs(run: str) -> list[str]:
    return [*run, *_pairs(run)]


def _stem(word: str) -> str:
    """`meals` and `meal`, `classes` and `class` meet; other endings are left alone."""
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
