"""Suggestions: which affair a text may be about. A person decides: they only read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from libs.ledger.text import Text
from libs.query.sought import terms
from libs.rules.areas import NOWHERE, AreaPath, ids_of
from libs.rules.routing import Question
from services.cases.application.ports import Learned, Picture
from services.cases.application.reference import Reference
from services.cases.domain.noted import AffairNoted
from services.cases.domain.suggesting import Named, Suggestion, suggest
from services.cases.domain.values import Point

MOST_WORDS = 200
"""Of a longer text the first so many different words count, as many as a case is found by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A suggestion, and the body that would get the case; "" if nobody would, or no place was given."""

    suggestion: Suggestion
    name: Text
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggesting:
    """What can be asked about a text that is no case yet."""

    picture: Picture
    learned: Learned

    def suggest(self, text: str, point: Point | None, area_id: str, at: datetime) -> Sequence[Suggested]:
        """At most three affairs, the likeliest first; none if no word of the text speaks for any.

        Refuses AREA_UNKNOWN and PLACE_OUTSIDE_AREAS.
        """
        picture = self.picture()
        area_path = picture.locate(point, area_id, at) if point or area_id else NOWHERE
        words = list(dict.fromkeys(terms([text])))[:MOST_WORDS]
        affairs = named(picture)
        heard = self.learned.heard(words, area_path, [each.affair_id for each in affairs])
        return [
            Suggested(
                suggestion=each,
                name=picture.affairs[each.affair_id].name,
                body_id=_body(picture, each.affair_id, area_path, at),
            )
            for each in suggest(words, affairs, heard)
        ]


def named(picture: Reference) -> Sequence[Named]:
    """The affairs that take new cases, by the words of their names."""
    return [
        Named(affair_id=affair.affair_id, words=_own(affair), above=_above(picture, affair))
        for affair in picture.affairs.values()
        if affair.affair_id not in picture.retired
    ]


def _own(affair: AffairNoted) -> frozenset[str]:
    return _words((affair.name.zh, affair.name.en, *affair.keywords))


def _above(picture: Reference, affair: AffairNoted) -> frozenset[str]:
    above = (picture.affairs.get(each) for each in ids_of(affair.affair_path)[:-1])
    return frozenset[str]().union(*(_own(each) for each in above if each is not None))


@lru_cache(maxsize=10_000)
def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(terms(texts))


def _body(picture: Reference, affair_id: str, area_path: AreaPath, at: datetime) -> str:
    if not area_path:
        return ""
    path = picture.affairs[affair_id].affair_path
    asked = Question(affair_path=path, area_path=area_path, at=at, known=picture.known)
    return picture.decide(asked).body_id or ""
