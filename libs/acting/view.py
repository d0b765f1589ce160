"""What was done in whose name?"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.consented import ConsentGivenNoted
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import ErasureHeard
from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View
from libs.query.filters import Filters, text
from libs.query.listing import Listing
from libs.query.paging import ascending, descending


class ActRow(TypedDict):
    """An event that one person caused in another's name; `rpc` where they read something."""

    act_id: str
    resident_id: str
    actor_id: str
    consent_id: str
    event: str
    subject: str
    rpc: str
    area_path: str
    occurred_at: datetime
    recorded_at: datetime


class HomeRow(TypedDict):
    """Where somebody lived when they gave their newest consent; gone when they are erased."""

    resident_id: str
    home_path: str


HOMES = Table.of("homes", HomeRow, key=("resident_id",))
ACTS = Table.of(
    "acts",
    ActRow,
    key=("act_id",),
    indexes=("resident_id, recorded_at DESC", "consent_id"),
)
LISTED = Listing(
    table=ACTS,
    order=(descending("recorded_at", datetime), ascending("act_id")),
    filters=Filters(consent_id=text("consent_id"), actor_id=text("actor_id")),
)


def home_heard(event: object) -> tuple[str, str] | None:
    """Who lived where, by a consent that a service has heard of."""
    return (event.consent.resident_id, event.consent.home) if isinstance(event, ConsentGivenNoted) else None


class ActsView(View):
    """One row for each event that somebody caused in another's name."""

    name = "acts"
    tables = (ACTS, HOMES)

    def __init__(self, home_of: Callable[[object], tuple[str, str] | None] = home_heard) -> None:
        """`home_of` an event: who lives where, if that tells it."""
        self._home_of = home_of

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put a row where an event names in whose name it was caused, and where that person lived."""
        if isinstance(recorded.event, ErasureHeard):
            rows.delete(HOMES, recorded.event.subject_id)
        home = self._home_of(recorded.event)
        if home is not None:
            rows.put(HOMES, HomeRow(resident_id=home[0], home_path=home[1]))
        about = recorded.metadata
        if about.on_behalf_of is None or about.on_behalf_of == about.actor:
            return
        read = recorded.event if isinstance(recorded.event, PersonalDataDisclosed) else None
        row = ActRow(
            act_id=about.event_id,
            resident_id=about.on_behalf_of,
            actor_id=about.actor,
            consent_id=about.consent_id or "",
            event=recorded.name.split(".")[-2],
            subject="" if read else recorded.stream,
            rpc=read.rpc if read else "",
            area_path=about.area or "",
            occurred_at=about.occurred_at,
            recorded_at=recorded.recorded_at,
        )
        rows.put(ACTS, row)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The home of somebody who is erased; nothing else is looked at."""
        erased = recorded.event
        return [(HOMES.name, erased.subject_id)] if isinstance(erased, ErasureHeard) else []


VIEW = ActsView()
