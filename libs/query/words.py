"""How texts in Chinese and English become words to search by, without help of the database.

Latin words are folded (width, case, accents) and stemmed as English (Snowball). Chinese has no blanks: a
run of characters gives its single characters (to be found by one) and its pairs (to be found by more).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import filterfalse
from threading import Lock

import Stemmer

_LONGEST = 40
"""Characters of one word; of a longer one the first so many count."""

# The unified ideographs with extensions A to H, those of compatibility, and the iteration mark.
_HAN = "㐀-䶿一-鿿豈-﫿\U00020000-\U000323af々"
_RUN = re.compile(f"(?P<han>[{_HAN}]+)|(?P<word>[^\\W_{_HAN}]+)")
_STEMMER = Stemmer.Stemmer("english", 0)
_STEMMER_IS_FREE = Lock()  # a stemmer works for one thread at a time

# Plurals that the stemmer's rules leave apart from their singular.
_IRREGULAR = {
    **{f"{word}s": word for word in ("menu", "guru", "emu", "gnu", "haiku", "tofu", "tutu", "caribou")},
    **{f"{word}es": word for word in ("bus", "gas", "lens", "canvas", "iris")},
    "quizzes": "quiz",
    "crises": "crisis",
    "children": "child",
    "people": "person",
    "women": "woman",
    "men": "man",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "mice": "mouse",
    "lice": "louse",
    "leaves": "leaf",
    "shelves": "shelf",
    "knives": "knife",
    "wives": "wife",
    "lives": "life",
    "halves": "half",
    "loaves": "loaf",
    "wolves": "wolf",
    "thieves": "thief",
    "scarves": "scarf",
}


def indexed(*texts: str) -> list[str]:
    """All words under which texts can be found, in order, with repetitions."""
    runs = (run for text in texts for run in runs_of(text))
    return [word for run, han in runs for word in (_singles_and_pairs(run) if han else [stem(run)])]


def wanted(query: str) -> tuple[str, ...]:
    """The words that a query looks for, each once: of a Chinese run its pairs, or its only character."""
    found: dict[str, None] = {}
    for run, han in runs_of(query):
        found.update(dict.fromkeys((pairs(run) or [run]) if han else [stem(run)]))
    return tuple(found)


def runs_of(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of Chinese characters (True), and words of other scripts (False)."""
    for found in _RUN.finditer(_folded(text)):
        if found["han"]:
            yield found["han"], True
        else:
            yield found["word"][:_LONGEST], False


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(filterfalse(unicodedata.combining, decomposed)))


def pairs(run: str) -> list[str]:
    """The neighbouring characters of a run, two by two."""
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _singles_and_pairs(run: str) -> list[str]:
    return [*run, *pairs(run)]


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """`meals` and `meal`, `buses` and `bus`, `children` and `child` meet: Snowball, and what it misses."""
    word = _IRREGULAR.get(word, word)
    with _STEMMER_IS_FREE:
        return str(_STEMMER.stemWord(word))
