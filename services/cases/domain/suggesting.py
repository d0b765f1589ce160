"""Which affairs a text may be about: suggested by words, never decided.

Naive Bayes over which words a text has. It is learnt from the names of the affairs and from the cases
that bodies took on; with no cases the names alone answer. See Manning, Raghavan and Schütze, Introduction to
Information Retrieval, chapters 12.2 (smoothing by the whole collection) and 13.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log

MOST = 3
"""Suggestions for a text."""

_NAME = 10.0  # a name counts as so many people who reported the affair by it
_ABOVE = 3.0  # and the names of the affairs above it as so many
_SMOOTHING = 5.0  # people who use the words of all, added to those of each affair
_PRIOR = 20.0  # people of all areas, added to those of the area
_OPEN = 0.1  # of the belief before a word is read goes to all affairs alike
_SPEAKS = 1.5  # a word speaks for an affair that has it so many times as often as all affairs together


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An affair that takes new cases: the words of its names and keywords, and of the names above it."""

    affair_id: str
    words: frozenset[str]
    above: frozenset[str] = frozenset()

    def weight(self, word: str) -> float:
        """How many people its name counts for, as far as this word goes."""
        return _NAME if word in self.words else _ABOVE if word in self.above else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How many of the `people` who reported each affair `said` each word, as far as they were counted.

    `often`: how many people reported each affair lately, in all areas, and `here`: those from the area.
    `hidden`: a word that `said` does not have for an affair may have been used by so many.
    """

    people: Mapping[str, int] = field(default_factory=dict)
    often: Mapping[str, int] = field(default_factory=dict)
    here: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hidden: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An affair, its share of the belief in all affairs (0 to 1), and the words that speak for it.

    `named`: they stand in its name, in its keywords, or in a name above it. `learned`: those who reported it
    used them.
    """

    affair_id: str
    share: float
    named: tuple[str, ...]
    learned: tuple[str, ...]


def suggest(words: Sequence[str], affairs: Sequence[Named], heard: Heard) -> Sequence[Suggestion]:
    """At most three affairs, the likeliest first: those for which a word speaks, and those reported before.

    None if no word speaks for any. Words given twice count once.
    """
    people = sum(heard.people.get(each.affair_id, 0) + _NAME for each in affairs)
    known = (_Word.of(word, affairs, heard, people) for word in dict.fromkeys(words))
    telling = [word for word in known if word.overall]
    priors = _priors(affairs, heard)
    beliefs = {each.affair_id: _belief(each, telling, priors[each.affair_id], heard) for each in affairs}
    most = max(beliefs.values(), default=0.0)
    total = sum(exp(belief - most) for belief in beliefs.values())
    found = [
        Suggestion(
            affair_id=each.affair_id,
            share=exp(beliefs[each.affair_id] - most) / total,
            named=tuple(word.word for word in telling if each.weight(word.word)),
            learned=tuple(word.word for word in telling if word.speaks_for(each, heard)),
        )
        for each in affairs
    ]
    spoken_for = {each.affair_id for each in found if each.named or each.learned}
    frequent = {affair_id for affair_id, people in heard.people.items() if people and spoken_for}
    likely = [each for each in found if each.affair_id in spoken_for | frequent]
    return sorted(likely, key=lambda each: (-each.share, each.affair_id))[:MOST]


@dataclass(frozen=True, slots=True)
class _Word:
    word: str
    said: Mapping[str, int]
    overall: float  # the share of all people who use it

    @classmethod
    def of(cls, word: str, affairs: Sequence[Named], heard: Heard, people: float) -> "_Word":
        """`people`: those who reported any affair, and those for whom the names count."""
        said = heard.said.get(word, {})
        counted = sum(said.get(each.affair_id, 0) + each.weight(word) for each in affairs)
        return cls(word, said, counted / people if people else 0.0)

    def lift(self, affair: Named, heard: Heard) -> float:
        """How many times as often those who report the affair use it as all people do."""
        people = heard.people.get(affair.affair_id, 0)
        said = self.said.get(affair.affair_id) or min(heard.hidden, people * self.overall)
        counted = said + affair.weight(self.word) + _SMOOTHING * self.overall
        return counted / (people + _NAME + _SMOOTHING) / self.overall

    def speaks_for(self, affair: Named, heard: Heard) -> bool:
        return bool(self.said.get(affair.affair_id)) and self.lift(affair, heard) >= _SPEAKS


def _priors(affairs: Sequence[Named], heard: Heard) -> Mapping[str, float]:
    """The belief in each affair before a word is read."""
    everywhere = sum(heard.often.get(each.affair_id, 0) + 1 for each in affairs)
    here = sum(heard.here.get(each.affair_id, 0) for each in affairs)
    priors = {}
    for each in affairs:
        usual = (heard.often.get(each.affair_id, 0) + 1) / everywhere
        prior = (heard.here.get(each.affair_id, 0) + _PRIOR * usual) / (here + _PRIOR)
        priors[each.affair_id] = (1 - _OPEN) * prior + _OPEN / len(affairs)
    return priors


def _belief(affair: Named, words: Sequence[_Word], prior: float, heard: Heard) -> float:
    return log(prior) + sum(log(word.lift(affair, heard)) for word in words)
