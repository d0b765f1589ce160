"""How many matters people wait for: counted from views, for those who operate the platform."""

from collections.abc import Sequence

from libs.ledger.views.view import Views
from libs.telemetry.metrics import Figure, Values
from services.cases.adapters.views import all_cases, unlocated
from services.cases.domain.values import CaseState

_OVER = {CaseState.CLOSED, CaseState.REJECTED, CaseState.WITHDRAWN, CaseState.MERGED}
_CAUSES = {
    "no responsibility": "no_responsibility",
    "returned": "returned",
    "rejection contested": "rejection_contested",
}
_STATES = tuple(state.value for state in CaseState if state not in _OVER)

OPEN = Figure(
    name="cases_open",
    meaning="Cases that have not ended, by state. Growing for days: more comes in than is dealt with.",
    labels={"state": _STATES},
)
OVERDUE = Figure(
    name="cases_overdue",
    meaning="Cases that are not resolved although the promised time has passed, by state. Growing: promises "
    "are broken; supervision.GetScoreboard says by whom.",
    labels={"state": _STATES},
)
UNOWNED = Figure(
    name="cases_unowned",
    meaning="Cases for which nobody answers: no body is responsible, or it gave the case back. Growing for "
    "hours: nobody adjudicates; cases.ListUnownedMatters says which.",
    labels={"cause": tuple(_CAUSES.values())},
)
UNLOCATED = Figure(
    name="cases_unlocated",
    meaning="Cases of which it is not found out yet where the newest boundaries put them, opened before these"
    " were known or since then. Above 0 supervision.GetScoreboard by areas_time still counts some of them"
    " where older boundaries do. Not falling for minutes: see the log for `areas of cases wait`.",
    labels={"opened": ("earlier", "since")},
)

_COUNT = (
    "SELECT state, count(*) AS open,"
    " count(*) FILTER (WHERE overdue AND met_time IS NULL) AS overdue"
    " FROM cases WHERE ended_time IS NULL GROUP BY state"
)
_COUNT_UNOWNED = (
    "SELECT unowned_cause AS cause, count(*) AS unowned FROM cases"
    " WHERE unowned_since IS NOT NULL AND ended_time IS NULL GROUP BY cause"
)


def count(views: Views) -> Sequence[tuple[Figure, Values]]:
    """The figures of this moment."""
    with views.read(all_cases.VIEW.name) as cursor:
        rows = cursor.execute(_COUNT).fetchall()
        unowned = cursor.execute(_COUNT_UNOWNED).fetchall()
    with views.read(unlocated.VIEW.name) as cursor:
        earlier, since = unlocated.left(cursor)
    return [
        (OPEN, {(row["state"],): row["open"] for row in rows}),
        (OVERDUE, {(row["state"],): row["overdue"] for row in rows}),
        (UNOWNED, {(_CAUSES.get(row["cause"], row["cause"]),): row["unowned"] for row in unowned}),
        (UNLOCATED, {("earlier",): earlier, ("since",): since}),
    ]
