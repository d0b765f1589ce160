"""A search for words in enciphered texts: what it is looked for by, and whether a text really has it.

Texts are found by their terms: English words, stemmed, and pairs of Chinese characters. Words and pairs that
most texts have are no terms. A query looks for all of its terms; then the texts that have them are opened and
checked, so that a run of Chinese characters must stand in a text as it stands in the query.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from libs.ledger.decider import Kind, Refusal
from libs.query.words import pairs, runs_of, stem

_COMMON = """
a about after all also am an and any are as at be because been before but by can could did do does for
from get had has have he her here him his how i if in into is it its just me more most my no not now of on
one only or other our out over she so some such than that the their them then there these they this those
to too under up us very was we were what when where which who why will with would you your
"""
_STOP_WORDS = frozenset(map(stem, _COMMON.split()))
_STOP_CHARACTERS = frozenset("的了吗呢吧啊们我你您他她它这那")
"""Characters that say little: a pair that has one is no term."""


def terms(texts: Iterable[str]) -> Iterator[str]:
    """What texts are found by, in order, with repetitions."""
    for text in texts:
        for run, han in runs_of(text):
            yield from _terms(run, han)


def _terms(run: str, han: bool) -> Sequence[str]:
    if han:
        return [pair for pair in pairs(run) if _STOP_CHARACTERS.isdisjoint(pair)]
    word = stem(run)
    return [] if word in _STOP_WORDS else [word]


@dataclass(frozen=True, slots=True)
class Sought:
    """What a query looks for: all of these words, each as its stem, and all of these runs of characters."""

    words: frozenset[str]
    runs: frozenset[str]
    terms: tuple[str, ...]

    @classmethod
    def of(cls, query: str, field: str = "text") -> "Sought":
        """Read a query. Raises `Refusal` TEXT_NOT_SEARCHABLE where nothing in it can be looked for."""
        runs = [*runs_of(query)]
        found = tuple(dict.fromkeys(terms([query])))
        if not found:
            raise Refusal(
                Kind.INVALID,
                "TEXT_NOT_SEARCHABLE",
                "nothing in this text can be looked for: give a word that not every text has, or two or more"
                " Chinese characters in a row",
                field=field,
            )
        words = {stem(run) for run, han in runs if not han}
        return cls(frozenset(words - _STOP_WORDS), frozenset(run for run, han in runs if han), found)

    def is_in(self, texts: Iterable[str]) -> bool:
        """Whether these texts together have all of it."""
        words, runs = set[str](), list[str]()
        for run, han in (each for text in texts for each in runs_of(text)):
            if han:
                runs.append(run)
            else:
                words.add(stem(run))
        return self.words <= words and all(any(run in each for each in runs) for run in self.runs)


def texts_hidden() -> Refusal:
    """The caller sees no texts, so they cannot look for any."""
    message = "you may not read texts here, so you cannot search them: leave out the text"
    return Refusal(Kind.PERMISSION, "TEXTS_HIDDEN", message)
