"""What waits, and for how long: counted from views, for those who operate the platform."""

from collections.abc import Sequence

from libs.ledger.views.view import Views
from libs.telemetry.metrics import Figure, Values
from services.identity.adapters.views import deliveries, endpoints

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
WEBHOOKS = Figure(
    name="webhooks",
    meaning="Webhooks of clients: working, or failing because their endpoints take nothing at the moment, and"
    " are tried again.",
    labels={"state": ("working", "failing")},
)
MESSAGES = Figure(
    name="webhook_messages",
    meaning="Messages that endpoints of clients refused too often (`parked`). Their clients list them with"
    " `identity.ListParkedWebhookMessages`, and replay them.",
    labels={"state": ("parked",)},
)
_COUNT = (
    "SELECT CASE WHEN parked THEN 'parked' WHEN channel = 'letter' THEN 'letter' ELSE 'waiting' END AS state,"
    " count(*) AS open,"
    " extract(epoch FROM now() - min(prepared_at))::double precision AS oldest FROM deliveries GROUP BY 1"
)
_COUNT_WEBHOOKS = (
    "SELECT coalesce(sum(cardinality(parked)), 0)::bigint AS parked, count(failed_at) AS failing,"
    " count(*) AS all FROM endpoints"
)


def count(views: Views) -> Sequence[tuple[Figure, Values]]:
    """The figures of this moment."""
    with views.read(deliveries.VIEW.name) as cursor:
        rows = cursor.execute(_COUNT).fetchall()
    with views.read(endpoints.VIEW.name) as cursor:
        [told] = cursor.execute(_COUNT_WEBHOOKS).fetchall()
    failing = told["failing"]
    return [
        (WEBHOOKS, {("working",): told["all"] - failing, ("failing",): failing}),
        (MESSAGES, {("parked",): told["parked"]}),
        (DELIVERIES, {(row["state"],): row["open"] for row in rows}),
        (OLDEST, {(row["state"],): row["oldest"] for row in rows}),
    ]
