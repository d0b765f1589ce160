"""How many deliveries wait, and for how long: counted from the view, for those who operate the platform."""

from collections.abc import Sequence

from libs.ledger.views.view import Views
from libs.telemetry.metrics import Figure, Values
from services.identity.adapters.views import deliveries

_STATES = ("waiting", "letter", "parked")
DELIVERIES = Figure(
    name="notice_deliveries",
    meaning="Deliveries of notices that have not arrived: waiting, waiting for letters to be printed"
    " (`letter`), or parked because nobody tries any more. If `waiting` grows, a channel is out"
    " of order; `linli identity notices parked` lists the parked ones.",
    labels={"state": _STATES},
)
OLDEST = Figure(
    name="notice_oldest_seconds",
    meaning="Seconds since the oldest delivery that has not arrived was prepared, by state. In quiet hours "
    "it grows until the morning; beyond half a day a channel is out of order.",
    labels={"state": _STATES},
)
_COUNT = (
    "SELECT CASE WHEN parked THEN 'parked' WHEN channel = 'letter' THEN 'letter' ELSE 'waiting' END AS state,"
    " count(*) AS open,"
    " extract(epoch FROM now() - min(prepared_at))::double precision AS oldest FROM deliveries GROUP BY 1"
)


def count(views: Views) -> Sequence[tuple[Figure, Values]]:
    """The figures of this moment."""
    with views.read(deliveries.VIEW.name) as cursor:
        rows = cursor.execute(_COUNT).fetchall()
    return [
        (DELIVERIES, {(row["state"],): row["open"] for row in rows}),
        (OLDEST, {(row["state"],): row["oldest"] for row in rows}),
    ]
