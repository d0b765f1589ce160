"""The cases that were reported near a place, found by keyed digests of cells and addresses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.store.blinding import TABLE
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.reach import Reach
from services.cases.adapters.ledger import PLACE, around, of_months
from services.cases.adapters.months import begins, month_of
from services.cases.adapters.views.all_cases import VIEW
from services.cases.domain.case import CASE
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.case.situations import STATE_OF, Unresolved

LOOKED_UP = 1_000
"""Cases, ended ones too, of which is asked how they stand: of a busier place those that were opened in the
months nearest to that of the case."""
FARTHEST = 256
"""Months before and after it, then."""

_STREAM = f"{CASE.category}-"
_STATES = [STATE_OF[each].value for each in get_args(Unresolved)]
# From each term to its few rows, and from each of these to its case, by indexes, whatever the sizes of the
# tables: OFFSET 0 keeps PostgreSQL from joining them.
_PLACED = f"""
SELECT substr(t.stream, {len(_STREAM) + 1}) AS case_id
FROM unnest(%s::integer[]) AS wanted(term) CROSS JOIN LATERAL (
    SELECT stream FROM public.{TABLE}
    WHERE kind = '{PLACE.kind}' AND terms @> ARRAY[wanted.term]{{months}} OFFSET 0
) AS t
LIMIT %s
"""
_ANY = _PLACED.format(months="")
_IN_MONTHS = _PLACED.format(months=" AND terms && %s::integer[]")
_UNRESOLVED = """
SELECT near.case_id FROM unnest(%s::text[]) AS found(case_id) CROSS JOIN LATERAL (
    SELECT case_id, opened_time FROM cases
    WHERE case_id = found.case_id AND case_id <> %s AND affair_id = %s AND state = ANY(%s) AND NOT held
        AND ({within})
    OFFSET 0
) AS near
ORDER BY abs(extract(epoch FROM near.opened_time - %s)), near.case_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class NearbyCases:
    """`ports.NearbyCases`, answered from the blind terms and the view."""

    views: Views

    def to(self, opened: CaseOpened, reach: Reach, most: int, fresh: Fresh) -> list[str]:
        """The ids of so many unresolved cases, those first that were opened nearest in time."""
        within = reach.condition(area_column="area_path")
        about = (opened.case_id, opened.affair_id, _STATES)
        with fresh.read(self.views, VIEW) as cursor:
            placed = self._placed(cursor, opened)
            found = cursor.execute(
                _UNRESOLVED.format(within=within.sql), [placed, *about, *within.params, opened.at, most]
            )
            return [row["case_id"] for row in found.fetchall()]

    def _placed(self, cursor: Cursor[DictRow], opened: CaseOpened) -> list[str]:
        """The ids of the cases that were reported there."""
        places = self._terms(opened, around(opened))
        placed = _ids(cursor, _ANY, places, LOOKED_UP + 1)
        if len(placed) <= LOOKED_UP:
            return placed
        placed = []
        for each in _farther(opened.at):
            months = self._terms(opened, of_months(opened, each))
            placed += _ids(cursor, _IN_MONTHS, places, months, LOOKED_UP - len(placed))
            if len(placed) == LOOKED_UP:
                break
        return placed

    def _terms(self, opened: CaseOpened, words: Sequence[str]) -> list[int]:
        return self.views.ledger.keys.terms(PLACE.kind, PLACE.scope(opened.area_path), words)


def _ids(cursor: Cursor[DictRow], select: str, *values: object) -> list[str]:
    """Each once: a case may be found by its cell and by its address."""
    return list(dict.fromkeys(row["case_id"] for row in cursor.execute(select, values).fetchall()))


def _farther(at: datetime) -> Iterator[list[str]]:
    """The words of months around a moment: its own, then others, ever farther away and more at once."""
    near, far = 0, 1
    yield [month_of(at)]
    while far <= FARTHEST:
        steps = range(near + 1, far + 1)
        yield [month_of(begins(at, step)) for each in steps for step in (-each, each)]
        near, far = far, 2 * far
