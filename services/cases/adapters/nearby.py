"""The cases that were reported near a place, found by keyed digests of cells and addresses."""

from dataclasses import dataclass
from typing import get_args

from libs.ledger.store.blinding import TABLE
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.reach import Reach
from services.cases.adapters.ledger import PLACE, around
from services.cases.adapters.views.all_cases import VIEW
from services.cases.domain.case import CASE
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.case.situations import STATE_OF, Unresolved

_STREAM = f"{CASE.category}-"
_STATES = [STATE_OF[each].value for each in get_args(Unresolved)]
# From each term to its few rows, and from each of these to its case, by indexes, whatever the sizes of the
# tables: OFFSET 0 keeps PostgreSQL from joining them.
_NEARBY = f"""
SELECT near.case_id FROM (
    SELECT DISTINCT substr(t.stream, {len(_STREAM) + 1}) AS case_id
    FROM unnest(%s::integer[]) AS wanted(term) CROSS JOIN LATERAL (
        SELECT stream FROM public.{TABLE} WHERE kind = '{PLACE.kind}' AND terms @> ARRAY[wanted.term] OFFSET 0
    ) AS t
) AS found CROSS JOIN LATERAL (
    SELECT case_id, opened_time FROM cases
    WHERE case_id = found.case_id AND case_id <> %s AND affair_id = %s AND state = ANY(%s) AND NOT held
        AND ({{within}})
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
        terms = self.views.ledger.keys.terms(PLACE.kind, PLACE.scope(opened.area_path), around(opened))
        within = reach.condition(area_column="area_path")
        about = (opened.case_id, opened.affair_id, _STATES)
        with fresh.read(self.views, VIEW) as cursor:
            found = cursor.execute(
                _NEARBY.format(within=within.sql), [terms, *about, *within.params, opened.at, most]
            )
            return [row["case_id"] for row in found.fetchall()]
