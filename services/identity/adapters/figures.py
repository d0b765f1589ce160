"""What waits, and for how long: counted from views, for those who operate the platform."""

from collections.abc import Sequence

from libs.ledger.views.view import Views
from libs.telemetry.metrics import Figure, Values
from services.identity.adapters.views import deliveries, endpoints, incidents

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
URGENCIES = ("running", "near", "overdue")
INCIDENTS = Figure(
    name="data_incidents",
    meaning="Incidents with personal data of which somebody still has to be notified: the limits are running,"
    " one draws near (three quarters have passed), or one is overdue. `linli admin incident list --open true`"
    " lists them.",
    labels={"urgency": URGENCIES},
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

_COUNT_INCIDENTS = "SELECT urgency, count(*) AS open FROM incidents WHERE settled = 0 GROUP BY 1"


def count(views: Views) -> Sequence[tuple[Figure, Values]]:
    """The figures of this moment."""
    with views.read(deliveries.VIEW.name) as cursor:
        rows = cursor.execute(_COUNT).fetchall()
    with views.read(endpoints.VIEW.name) as cursor:
        [told] = cursor.execute(_COUNT_WEBHOOKS).fetchall()
    with views.read(incidents.VIEW.name) as cursor:
        urgent = {row["urgency"]: row["open"] for row in cursor.execute(_COUNT_INCIDENTS)}
    failing = told["failing"]
    return [
        (WEBHOOKS, {("working",): told["all"] - failing, ("failing",): failing}),
        (MESSAGES, {("parked",): told["parked"]}),
        (INCIDENTS, {(each,): urgent.get(each, 0) for each in URGENCIES}),
        (DELIVERIES, {(row["state"],): row["open"] for row in rows}),
        (OLDEST, {(row["state"],): row["oldest"] for row in rows}),
    ]
