"""Lives of cases, made up: six events each, named, shaped and recorded as those of real ones.

None holds a person's text. A real case has about one: some 100 to 500 bytes more in its first event, and
a row of about 150 bytes for its key.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from e2e.bench.appender import StoredRow
from e2e.bench.copies import record
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.ledger import Ledger
from libs.rules.areas import AreaPath
from libs.rules.due import Limit, Unit
from libs.rules.routing import Decision, Question, TraceLine, Verdict
from services.cases.domain.case import events
from services.cases.domain.case.terms import USUAL
from services.cases.domain.clocks import ClockKind, Deadline
from services.cases.domain.values import Channel, Closing

EVENTS_EACH = 6
_DIFFERENT = 2_000  # lives; the others are copies
_BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
_AREAS = [AreaPath(f"la/la-region-{number % 12}/la-nc-{number}") for number in range(99)]
_AFFAIRS = [f"affair-{number}" for number in range(17)]
_BODIES = [f"body-{number}" for number in range(40)]


def fill(ledger: Ledger, number: int, say: Callable[[int], None]) -> None:
    """Record about so many events by whole lives; `say` hears how many there are.

    By the ledger's own function, which hashes them, but without a stream's checks: quick, and nobody
    else may write meanwhile.
    """
    made = 0
    with ledger.connection() as connection:
        for some in record(connection, _lives(ledger, number // EVENTS_EACH)):
            made += some
            say(made)


def _lives(ledger: Ledger, number: int) -> Iterator[StoredRow]:
    """The events of so many lives: of some that were encoded, under new ids."""
    known = [_encoded(ledger, life(each)) for each in range(min(number, _DIFFERENT))]
    for each in range(number):
        old, rows = known[each % len(known)]
        case_id = new_id()
        stream, new = f"case-{case_id}", case_id.encode()
        for version, (event_id, name, body) in enumerate(rows, 1):
            renamed = body.replace(old, new).replace(event_id, b"%b%02d" % (new[:-2], version))
            yield stream, version, name, renamed


def _encoded(ledger: Ledger, draft: Draft) -> tuple[bytes, list[tuple[bytes, str, bytes]]]:
    """The id of a life, and the id, name and stored bytes of each of its events."""
    rows = []
    for event, metadata in draft.events:
        encoded = ledger.mapper.encode(draft.stream, event, metadata)
        rows.append((metadata.event_id.encode(), encoded.name, encoded.body))
    return draft.stream.removeprefix("case-").encode(), rows


def life(number: int) -> Draft:
    """Opened, routed, accepted, begun, resolved and closed: a new stream."""
    case_id, opened = new_id(), _BEGAN + timedelta(minutes=number % 500_000)
    area, body = _AREAS[number % len(_AREAS)], _BODIES[number % len(_BODIES)]
    affair = _AFFAIRS[number % len(_AFFAIRS)]
    routed, accepted, begun, resolved, closed = (
        opened + timedelta(hours=hours) for hours in (0, 1, 20, 40, 41)
    )
    happened: list[tuple[object, datetime]] = [
        (opening(case_id, number), opened),
        (events.CaseRouted(body_id=body, decision=_routed(affair, area, body, opened), at=routed), routed),
        (events.CaseAccepted(body_id=body, at=accepted), accepted),
        (events.WorkStarted(body_id=body, at=begun), begun),
        (_resolved(body, resolved), resolved),
        (events.CaseClosed(body_id=body, cause=Closing.HISTORY, at=closed), closed),
    ]
    pairs = [(event, _asked(f"clerk-{number % 60}", area).metadata(at)) for event, at in happened]
    return Draft(stream=f"case-{case_id}", expected_version=0, events=pairs)


def opening(case_id: str, number: int) -> events.CaseOpened:
    """The first event of a life."""
    opened = _BEGAN + timedelta(minutes=number % 500_000)
    return events.CaseOpened(
        case_id=case_id,
        public_id=f"MADE-{case_id}",
        affair_id=_AFFAIRS[number % len(_AFFAIRS)],
        area_path=_AREAS[number % len(_AREAS)],
        channel=Channel.WEB,
        at=opened,
        deadlines=(
            _promise(ClockKind.FIRST_RESPONSE, opened, 1),
            _promise(ClockKind.RESOLUTION, opened, 5),
        ),
        anonymous=True,
        terms=USUAL,
    )


def _resolved(body: str, at: datetime) -> events.CaseResolved:
    return events.CaseResolved(
        body_id=body,
        on_time=True,
        outcome=None,
        outcome_code="resolved",
        confirm_until=at + timedelta(days=7),
        at=at,
    )


def _asked(actor: str, area: AreaPath) -> Context:
    return Context(
        actor=actor,
        roles=("GRID_WORKER",),
        area=area,
        request_id=new_id(),
        request_digest=new_id() * 2,
        correlation_id=new_id(),
        traceparent=f"00-{new_id():0>32.32}-{new_id():0>16.16}-01",
    )


def _promise(clock: ClockKind, opened: datetime, days: int) -> Deadline:
    return Deadline(
        clock=clock,
        limit=Limit(amount=days, unit=Unit.WORKING_DAYS),
        warn_at=opened + timedelta(days=days, hours=-2),
        due_at=opened + timedelta(days=days),
        commitment_id="commitment-1",
        commitment_version=1,
        calendar_id="calendar-1",
    )


def _routed(affair: str, area: AreaPath, body: str, at: datetime) -> Decision:
    """As the router answers where two items of the list were looked at."""
    looked_at = [(Verdict.CHOSEN, area.rpartition("/")[2]), (Verdict.WIDER_AREA, "la")]
    return Decision(
        question=Question(affair_path=affair, area_path=area, at=at, known=1_000),
        body_id=body,
        item_id="item-1",
        item_version=1,
        trace=tuple(
            TraceLine(
                item_id=f"item-{place}",
                version=1,
                affair_id=affair,
                area_id=area_id,
                body_id=body,
                verdict=verdict,
            )
            for place, (verdict, area_id) in enumerate(looked_at, 1)
        ),
    )
