"""What was learnt from the cases so far: in which affairs people use which words, by blind terms.

No text is opened. A case counts once a body has taken it on, so reports that staff reject teach
nothing. A person counts once for an affair, in the area of their newest report of it, however much they
report and in how many areas. A word counts where several people of an area used it for the same affair: so
nobody learns from a suggestion what one other person said.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from libs.ledger.store.blinding import TABLE
from libs.ledger.views.view import Views
from libs.rules.areas import AreaPath, within
from services.cases.adapters.ledger import TEXT
from services.cases.adapters.views import all_cases
from services.cases.domain.case import CASE
from services.cases.domain.suggesting import Heard
from services.cases.domain.values import CaseState

EVERY = 600.0
"""Seconds until it is learnt anew, in the thread of whoever asks then; no other caller waits."""
CASES = 10_000
"""The newest cases whose words are counted, the same number for each affair."""
NEWEST = 20_000
"""The newest cases, of whatever affair, which tell how often each is reported."""
FEWEST = 5
"""People of an area who used a word for an affair; a word of fewer is not kept."""
AREAS = 200
"""Areas whose words are looked up for a question: those within its place, then those with most people."""
DIGESTS = 4_000
"""Words of areas that are looked up for a question: of a long text those of fewer areas."""

_TAKEN_ON = [
    state.value
    for state in (
        CaseState.ACCEPTED,
        CaseState.IN_PROGRESS,
        CaseState.WAITING,
        CaseState.RESOLVED,
        CaseState.CONFIRMED,
        CaseState.CLOSED,
    )
]
_COUNTED = f"""
WITH newest AS MATERIALIZED (
    SELECT affair_id, area_path, subject, terms FROM (
        SELECT c.affair_id, c.area_path, t.subject, t.terms, first_value(c.area_path) OVER (
            PARTITION BY c.affair_id, t.subject ORDER BY c.opened_time DESC, c.case_id DESC
        ) AS counted_in
        FROM unnest(%(affairs)s::text[]) AS wanted(affair_id)
        CROSS JOIN LATERAL (
            SELECT affair_id, area_path, case_id, opened_time, coalesce(reporter_id, case_id) AS subject
            FROM cases
            WHERE affair_id = wanted.affair_id AND state = ANY(%(states)s)
            ORDER BY opened_time DESC, case_id DESC LIMIT %(most)s
        ) AS c
        JOIN public.{TABLE} AS t
            ON t.subject = c.subject AND t.stream = '{CASE.category}-' || c.case_id AND t.kind = '{TEXT.kind}'
    ) AS reported
    WHERE area_path = counted_in
)
SELECT area_path, NULL::integer AS term, affair_id, count(DISTINCT subject) AS people
FROM newest GROUP BY area_path, affair_id
UNION ALL
SELECT area_path, term, affair_id, count(DISTINCT subject)
FROM newest CROSS JOIN unnest(terms) AS term
GROUP BY term, area_path, affair_id HAVING count(DISTINCT subject) >= %(fewest)s
"""
"""People by area and affair, without a term, and by area, term and affair."""
_OFTEN = """
SELECT area_path, affair_id, count(*) AS people FROM (
    SELECT DISTINCT ON (affair_id, subject) affair_id, area_path FROM (
        SELECT affair_id, area_path, state, coalesce(reporter_id, case_id) AS subject, opened_time, case_id
        FROM cases ORDER BY opened_time DESC, case_id DESC LIMIT %(newest)s
    ) AS lately
    WHERE affair_id = ANY(%(affairs)s) AND state = ANY(%(states)s)
    ORDER BY affair_id, subject, opened_time DESC, case_id DESC
) AS counted
GROUP BY area_path, affair_id
"""
"""People by area and affair, of the newest cases of all affairs together: so many as there really were."""


def newest_of_each(affairs: int) -> int:
    """How many cases of each affair are looked at, where there are so many affairs."""
    return max(1, CASES // affairs)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the cases of a moment teach: how many people used a term, by area, term and affair.

    `people`: how many they are, by affair; `often`: people by area and affair, of the newest cases;
    `busiest`: the areas that have terms, those with most people first.
    """

    often: Mapping[AreaPath, Mapping[str, int]] = field(default_factory=dict)
    said: Mapping[AreaPath, Mapping[int, Mapping[str, int]]] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    busiest: Sequence[AreaPath] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], newest: Iterable[Mapping[str, Any]]) -> "Lesson":
        """Out of the rows that were counted."""
        counted: dict[AreaPath, dict[str, int]] = defaultdict(dict)
        said: dict[AreaPath, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        often: dict[AreaPath, dict[str, int]] = defaultdict(dict)
        for row in rows:
            area, term = row["area_path"], row["term"]
            people = counted[area] if term is None else said[area][term]
            people[row["affair_id"]] = row["people"]
        for row in newest:
            often[row["area_path"]][row["affair_id"]] = row["people"]
        busiest = sorted(said, key=lambda each: -sum(counted[each].values()))
        return cls(often, said, _total(counted.values()), busiest)

    def areas(self, path: AreaPath, words: int) -> Sequence[AreaPath]:
        """Those whose words are looked up for a question about a place, of so many words."""
        most = min(AREAS, max(1, DIGESTS // max(1, words)))
        return sorted(self.busiest, key=lambda each: not within(each, path))[:most]

    def heard(
        self, words: Sequence[str], path: AreaPath, terms: Callable[[AreaPath], Iterable[int]]
    ) -> Heard:
        """What is known of some words, asked at a place; `terms`: those of the words in an area, in order."""
        said: dict[str, dict[str, int]] = {word: defaultdict(int) for word in words}
        for area in self.areas(path, len(words)):
            for word, term in zip(words, terms(area), strict=True):
                for affair_id, number in self.said[area].get(term, {}).items():
                    said[word][affair_id] += number
        here = _total(people for each, people in self.often.items() if within(each, path))
        often = _total(self.often.values())
        return Heard(people=self.people, often=often, here=here, said=said, hidden=FEWEST - 1)


def _total(parts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total = Counter[str]()
    for each in parts:
        total.update(each)
    return total


class LearnedWords:
    """`ports.Learned`: kept in memory, and learnt anew from time to time."""

    def __init__(self, views: Views, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._views = views
        self._monotonic = monotonic
        self._lock = Lock()
        self._lesson = Lesson()
        self._learnt: float | None = None
        views.ledger.on_reconnect(self._forget)

    def heard(self, words: Sequence[str], area_path: AreaPath, affair_ids: Sequence[str]) -> Heard:
        """How many people reported the affairs, and how many of them used the words."""
        terms = self._views.ledger.keys.terms
        lesson = self._newest(affair_ids)
        return lesson.heard(words, area_path, lambda path: terms(TEXT.kind, TEXT.scope(path), words))

    def _forget(self) -> None:
        self._learnt = None

    def _newest(self, affair_ids: Sequence[str]) -> Lesson:
        due = self._learnt is None or self._monotonic() - self._learnt >= EVERY
        if due and affair_ids and self._lock.acquire(blocking=False):
            try:
                self._learnt = self._monotonic()
                self._lesson = self._learn(affair_ids)
            except Exception:
                self._learnt = None
                raise
            finally:
                self._lock.release()
        return self._lesson

    def _learn(self, affair_ids: Sequence[str]) -> Lesson:
        asked = {
            "affairs": list(affair_ids),
            "states": _TAKEN_ON,
            "most": newest_of_each(len(affair_ids)),
            "newest": NEWEST,
            "fewest": FEWEST,
        }
        with self._views.read(all_cases.VIEW.name) as cursor:
            counted = cursor.execute(_COUNTED, asked).fetchall()
            return Lesson.of(counted, cursor.execute(_OFTEN, asked).fetchall())
