"""Which needs are there, and how do they stand?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, cast

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, moment, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import id_of
from services.volunteers.application.ports import NeedRow
from services.volunteers.domain.need.events import NeedRaised, NeedWithdrawn, OfferAccepted, OfferDeclined
from services.volunteers.domain.values import NeedState
from services.volunteers.entrypoints.wire import NEED_STATES


class AnswerRow(TypedDict):
    """Somebody who will come."""

    need_id: str
    volunteer_id: str


NEEDS = Table.of(
    "needs",
    NeedRow,
    key=("need_id",),
    indexes=("start_time, need_id", "state, area_path text_pattern_ops"),
)
ANSWERS = Table.of("answers", AnswerRow, key=("need_id", "volunteer_id"))
LISTED = Listing(
    table=NEEDS,
    order=(ascending("start_time", datetime), ascending("need_id")),
    filters=Filters(
        state=choice("state", NEED_STATES.stored, NEED_STATES.prefix),
        area_id=text("area_id"),
        area_path=area("area_path"),
        case_id=text("case_id"),
        start_time=moment("start_time"),
    ),
    area="area_path",
)


class Needs(View):
    """One row for each need; `accepted` counts those who will come."""

    name = "needs"
    tables = (NEEDS, ANSWERS)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The need, and the yes that an answer may take back."""
        event = recorded.event
        if isinstance(event, OfferAccepted | OfferDeclined):
            return [("needs", event.need_id), ("answers", (event.need_id, event.volunteer_id))]
        return [("needs", event.need_id)] if isinstance(event, NeedWithdrawn) else []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Count the answers of each need."""
        match recorded.event:
            case NeedRaised() as raised:
                rows.put(NEEDS, _row(raised))
            case NeedWithdrawn(need_id=need_id):
                rows.change(NEEDS, need_id, state=NeedState.WITHDRAWN.value)
            case OfferAccepted(need_id=need_id, volunteer_id=volunteer_id):
                rows.put(ANSWERS, AnswerRow(need_id=need_id, volunteer_id=volunteer_id))
                _count(rows, need_id, 1)
            case OfferDeclined(need_id=need_id, volunteer_id=volunteer_id):
                if rows.get(ANSWERS, (need_id, volunteer_id)) is not None:
                    rows.delete(ANSWERS, (need_id, volunteer_id))
                    _count(rows, need_id, -1)
            case _:
                pass


VIEW = Needs()


def _row(raised: NeedRaised) -> NeedRow:
    return NeedRow(
        need_id=raised.need_id,
        state=NeedState.OPEN.value,
        case_id=raised.case_id,
        area_path=raised.area_path,
        area_id=id_of(raised.area_path),
        start_time=raised.shift.start,
        end_time=raised.shift.end,
        wanted=raised.wanted,
        accepted=0,
        skills=sorted(raised.skills),
        priority=raised.priority,
    )


def _count(rows: Rows, need_id: str, more: int) -> None:
    need = rows.get(NEEDS, need_id)
    if need is None:
        raise KeyError(need_id)
    accepted = need["accepted"] + more
    state = NeedState.FILLED if accepted >= need["wanted"] else NeedState.OPEN
    rows.change(NEEDS, need_id, accepted=accepted, state=state.value)


@dataclass(frozen=True, slots=True)
class NeedReads:
    """`ports.NeedReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[NeedRow], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, reach)

    def open_in(self, area_path: str, fresh: Fresh) -> Sequence[str]:
        """Ids of the open needs of an area and of those below it."""
        within = Condition.within("area_path", area_path)
        with fresh.read(self.views, VIEW) as cursor:
            select = f"SELECT need_id FROM needs WHERE state = 'open' AND {within.sql} ORDER BY need_id"
            return [row["need_id"] for row in cursor.execute(select, within.params)]

    def some(self, need_ids: Sequence[str], fresh: Fresh) -> Mapping[str, NeedRow]:
        """These needs by their ids."""
        select = "SELECT * FROM needs WHERE need_id = ANY(%s)"
        with fresh.read(self.views, VIEW) as cursor:
            rows = cast("list[NeedRow]", cursor.execute(select, (list(need_ids),)).fetchall())
        return {row["need_id"]: row for row in rows}
