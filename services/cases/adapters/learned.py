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

from psycopg.rows import DictRow

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
CASES = 5_000
"""The newest cases that are looked at, the same number for each affair."""
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
GROUP BY area_path, term, affair_id HAVING count(DISTINCT subject) >= %(fewest)s
"""
"""People by area and affair, without a term, and by area, term and affair."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the cases of a moment teach: people by area and affair, and by area, term and affair.

    `everywhere`: people by affair; `busiest`: the areas that have terms, those with most people first.
    """

    people: Mapping[AreaPath, Mapping[str, int]] = field(default_factory=dict)
    said: Mapping[AreaPath, Mapping[int, Mapping[str, int]]] = field(default_factory=dict)
    everywhere: Mapping[str, int] = field(default_factory=dict)
    busiest: Sequence[AreaPath] = ()

    @classmethod
    def of(cls, rows: Iterable[DictRow]) -> "Lesson":
        """Out of the rows that were counted."""
        counted: dict[AreaPath, dict[str, int]] = defaultdict(dict)
        said: dict[AreaPath, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for row in rows:
            area, term = row["area_path"], row["term"]
            people = counted[area] if term is None else said[area][term]
            people[row["affair_id"]] = row["people"]
        everywhere = Counter[str]()
        for in_area in counted.values():
            everywhere.update(in_area)
        busiest = sorted(said, key=lambda each: -sum(counted[each].values()))
        return cls(counted, said, everywhere, busiest)

    def areas(self, path: AreaPath, words: int) -> Sequence[AreaPath]:
        """Those whose words are looked up for a question about a place, of so many words."""
        most = min(AREAS, max(1, DIGESTS // max(1, words)))
        return sorted(self.busiest, key=lambda each: not within(each, path))[:most]

    def here(self, path: AreaPath) -> Mapping[str, int]:
        """People by affair, of the areas within one."""
        here = Counter[str]()
        for each, people in self.people.items():
            if within(each, path):
                here.update(people)
        return here


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
        lesson = self._newest(affair_ids)
        said = self._said(lesson, words, area_path)
        return Heard(people=lesson.everywhere, here=lesson.here(area_path), said=said, hidden=FEWEST - 1)

    def _said(self, lesson: Lesson, words: Sequence[str], area_path: AreaPath) -> dict[str, dict[str, int]]:
        said: dict[str, dict[str, int]] = {word: defaultdict(int) for word in words}
        for path in lesson.areas(area_path, len(words)):
            terms = self._views.ledger.keys.terms(TEXT.kind, TEXT.scope(path), words)
            for word, term in zip(words, terms, strict=True):
                for affair_id, number in lesson.said[path].get(term, {}).items():
                    said[word][affair_id] += number
        return said

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
            "most": max(1, CASES // len(affair_ids)),
            "fewest": FEWEST,
        }
        with self._views.read(all_cases.VIEW.name) as cursor:
            return Lesson.of(cursor.execute(_COUNTED, asked))
