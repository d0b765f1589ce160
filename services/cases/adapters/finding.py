"""Which cases of a list have some words, by blind terms: so few of them that their texts can be opened.

Rare words are looked up. Frequent ones are looked for in the order of the list: by the months in which cases
were opened, and so by the index; or, where that would show more, case by case.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.store.blinding import TABLE, literal
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page
from libs.query.reach import Reach
from libs.query.sifting import Selected
from services.cases.adapters.ledger import TEXT
from services.cases.adapters.months import begins, month_of
from services.cases.adapters.views.all_cases import LISTED, VIEW
from services.cases.application.ports import CaseRow
from services.cases.domain.case import CASE

TURNS = ((1_000, 5_000), (10_000, 20_000))
"""How words are looked for, in turn until a page is full: as candidates, if they are so few at most, or else
among so many cases of the list, in its order. Rare words have few candidates, and a page of frequent ones is
soon full; the numbers bound what a page takes, however many cases there are."""
FIRST, PIECE = 250, 1_000
"""Cases that are asked or found at once, at first and later: of more, PostgreSQL may rather sort them all."""
CASES_A_MONTH = 5
"""To look a month of an area up takes as long as to ask so many cases."""

_STREAM = f"{CASE.category}-"
# In one value: a thousand rows take longer to read than to find.
_CANDIDATES = f"""
SELECT CASE WHEN count(*) <= %s THEN coalesce(json_agg(case_id), '[]') END AS case_ids
FROM (
    SELECT substr(found.stream, {len(_STREAM) + 1}) AS case_id
    FROM unnest(%s::text[], %s::text[]) AS wanted(terms, months) CROSS JOIN LATERAL (
        SELECT stream FROM public.{TABLE}
        WHERE kind = '{TEXT.kind}' AND terms @> wanted.terms::integer[]{{months}}
    ) AS found
    LIMIT %s
) AS candidates
"""
_ANY_TIME = _CANDIDATES.format(months="")
_IN_MONTHS = _CANDIDATES.format(months=" AND terms && wanted.months::integer[]")
# Not EXISTS: for that PostgreSQL would join whole tables before it takes the first rows of the order.
_HAS_TERMS = (
    f"(SELECT t.terms @> (%s::jsonb ->> area_path)::integer[] FROM public.{TABLE} AS t"
    " WHERE t.subject = coalesce(reporter_id, case_id)"
    f" AND t.stream = '{_STREAM}' || case_id AND t.kind = '{TEXT.kind}')"
)


def next_piece(asked: int, having: int, missing: int) -> int:
    """How many cases are asked after `asked`, of which `having` have the words: not many more than needed."""
    enough = 3 * missing * asked // (2 * having) if having else PIECE
    return max(FIRST, min(2 * asked, PIECE, enough))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Terms that a case must have, all of them, by the path of its area: those of areas within reach."""

    ledger: Ledger
    terms: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, ledger: Ledger, words: Sequence[str], areas: Iterable[str]) -> "Wanted":
        """Those of some words."""
        return cls(ledger, {path: ledger.keys.terms(TEXT.kind, TEXT.scope(path), words) for path in areas})

    def condition(self) -> Condition:
        """Whether a case has them."""
        return Condition(_HAS_TERMS, (json.dumps({path: self._of(path) for path in self.terms}),))

    def find(self, cursor: Cursor[DictRow], most: int) -> list[str] | None:
        """The ids of the cases that have all of them; None if they are more than so many."""
        return self._found(cursor, _ANY_TIME, dict.fromkeys(self.terms, ()), most)

    def find_in(
        self, cursor: Cursor[DictRow], months: Mapping[str, Iterable[str]], most: int
    ) -> list[str] | None:
        """The same, of those that were opened in some months, which are given for each area, by its path."""
        return self._found(cursor, _IN_MONTHS, months, most)

    def _found(
        self, cursor: Cursor[DictRow], select: str, months: Mapping[str, Iterable[str]], most: int
    ) -> list[str] | None:
        terms = self.ledger.keys.terms
        wanted = [self._of(path) for path in months]
        opened = [literal(terms(TEXT.kind, TEXT.scope(path), each)) for path, each in months.items()]
        [row] = cursor.execute(select, [most, wanted, opened, most + 1]).fetchall()
        found: list[str] | None = row["case_ids"]
        return found

    def _of(self, path: str) -> str:
        return literal(set(self.terms[path]))


@dataclass(slots=True)
class Finding:
    """The cases of one page that have all terms, and a few that only seem to.

    `by_cases`: each case within reach is asked, and nothing else. So a caller who is kept to bodies does not
    learn of other bodies' cases by the time that an answer takes. Areas have terms of their own, so those of
    other areas are not even looked up. `span` and `piece`: months, or cases, that are next.
    """

    views: Views
    query: ListQuery
    reach: Reach
    fresh: Fresh
    where: Condition
    wanted: Wanted
    by_cases: bool
    turn: int = 0
    asked: int = 0
    looked_up: int = 0
    candidates: Sequence[str] | None = None
    span: int = 1
    piece: int = FIRST
    months: set[tuple[str, str]] = field(default_factory=set)
    of_months: set[str] = field(default_factory=set)

    def select(self, page: Page) -> Selected[CaseRow]:
        """Some of them, in the order of the page."""
        rows: list[CaseRow] = []
        with self.fresh.read(self.views, VIEW) as cursor:
            while True:
                selected = self._select(cursor, page)
                rows += selected.rows
                if not selected.enough or self._is_over():  # full, at the end, or all that time allows
                    return replace(selected, rows=rows)
                page = replace(page, size=page.size - len(selected.rows), after=selected.after)

    def _select(self, cursor: Cursor[DictRow], page: Page) -> Selected[CaseRow]:
        if self._are_few(cursor, TURNS[self.turn][0]):
            return Selected.of(page, self._rows(cursor, page, self.candidates or ()))
        if page.order[0].column == "opened_time":
            while not self.by_cases:
                if (selected := self._opened(cursor, page)) is not None:
                    return selected
        return self._among_next(cursor, page)

    def _is_over(self) -> bool:
        """After a piece: whether the last turn has asked all it may. After another turn the next begins."""
        if self.asked < TURNS[self.turn][1]:
            return False
        if self.turn == len(TURNS) - 1:
            return True
        self.turn, self.asked = self.turn + 1, 0
        return False

    def _are_few(self, cursor: Cursor[DictRow], few: int) -> bool:
        """Looks the candidates up once in a turn."""
        if few > self.looked_up and not self.by_cases:
            self.candidates, self.looked_up = self.wanted.find(cursor, few), few
        return self.candidates is not None

    def _rows(self, cursor: Cursor[DictRow], page: Page, case_ids: Sequence[str]) -> list[CaseRow]:
        """Those of them that belong to the page, and one more."""
        if not case_ids:
            return []
        where = self.where & Condition("case_id = ANY(%s)", (case_ids,))
        return LISTED.select(cursor, self.query, page, self.reach, where=where, as_of=self.fresh.as_of)

    def _next(
        self, cursor: Cursor[DictRow], page: Page, most: int, *columns: str, asked: Condition | None = None
    ) -> list[DictRow]:
        """The next cases of the list, whatever they say."""
        return LISTED.next_of(
            cursor, self.query, page, self.reach,
            columns=columns, asked=asked, most=most, where=self.where, as_of=self.fresh.as_of,
        )  # fmt: skip

    def _opened(self, cursor: Cursor[DictRow], page: Page) -> Selected[CaseRow] | None:
        """Those of the next months, from the next case of the list on; ever more months at once.

        None where so many have the terms that fewer months must do, or none.
        """
        following = self._next(cursor, page, 1, "opened_time")
        if not following:
            return Selected.of(page, [])
        at, step = following[0]["opened_time"], -1 if page.order[0].descending else 1
        months = [month_of(begins(at, step * each)) for each in range(self.span)]
        found = self.wanted.find_in(cursor, dict.fromkeys(self.wanted.terms, months), PIECE)
        if found is None:
            self.span, self.by_cases = 1, self.span == 1
            return None
        end = begins(at, 1 - self.span) if step < 0 else begins(at, self.span)
        rows = self._rows(cursor, page, found)
        rows = [row for row in rows if (row["opened_time"] >= end) == (step < 0)]  # a term may be two words'
        self.span *= 2
        self.asked += PIECE
        if len(rows) > page.size:
            return Selected.of(page, rows)
        return Selected(rows, (end, ""), enough=len(rows) < page.size)

    def _among_next(self, cursor: Cursor[DictRow], page: Page) -> Selected[CaseRow]:
        """Those among the next cases of the list."""
        size = min(self.piece if self.by_cases or self.months else PIECE, TURNS[self.turn][1] - self.asked)
        self.asked += size
        piece, having = self._by_month(cursor, page, size) or self._by_case(cursor, page, size)
        rows = self._rows(cursor, page, having[: page.fetch])
        if len(having) > page.size or len(piece) < size:
            return Selected.of(page, rows)
        self.piece = next_piece(size, len(having), page.fetch - len(having))
        return Selected(rows, page.values(piece[-1]), enough=len(rows) < page.size)

    def _by_case(self, cursor: Cursor[DictRow], page: Page, size: int) -> tuple[list[DictRow], list[str]]:
        """So many cases, and the ids of those that have all terms."""
        piece = self._next(cursor, page, size, "case_id", asked=self.wanted.condition())
        return piece, [row["case_id"] for row in piece if row["met"]]

    def _by_month(
        self, cursor: Cursor[DictRow], page: Page, size: int
    ) -> tuple[list[DictRow], list[str]] | None:
        """The same by the months in which they were opened; None where they are faster asked themselves."""
        if self.by_cases:
            return None
        piece = self._next(cursor, page, size, "case_id", "area_path", "opened_time")
        if not self._know_months(cursor, piece):
            return None
        return piece, [row["case_id"] for row in piece if row["case_id"] in self.of_months]

    def _know_months(self, cursor: Cursor[DictRow], piece: Sequence[DictRow]) -> bool:
        """Looks the months of some cases up, unless these are asked faster themselves."""
        new = {(row["area_path"], month_of(row["opened_time"])) for row in piece} - self.months
        new = {each for each in new if each[0] in self.wanted.terms}
        if not new:
            return True
        if len(new) * CASES_A_MONTH > len(piece):
            return False
        months: dict[str, list[str]] = {}
        for path, month in new:
            months.setdefault(path, []).append(month)
        found = self.wanted.find_in(cursor, months, PIECE)
        if found is None:
            self.by_cases = True  # so frequent a word stands in many of the next cases, too
            return False
        self.months |= new
        self.of_months.update(found)
        return True
