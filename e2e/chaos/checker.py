"""Compares what clients were told, the ledgers and the views: nothing lost, doubled or out of order.

Every finding is a sentence that names the service, the stream and the event. It trusts none of the
machinery that it judges: what a neighbour's events should have led to is decided anew, by the pure
functions, from the ledgers alone.

Where a ledger lost its end by nature, it holds that exactly this end was lost: all of it, and nothing before.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from psycopg.rows import tuple_row

from e2e.chaos.evidence import Acknowledged, Evidence, Loss, Stored, Turned
from e2e.chaos.exchange import exchanged
from libs.ledger.recorded import utc_now
from libs.ledger.revision import parse_revision
from libs.ledger.store.timekeeper import MOST_SKEW
from libs.ledger.views import view_tables
from libs.ledger.views.rebuild import differences
from libs.runtime.host.opened import OpenService

_EARLY = timedelta(seconds=MOST_SKEW)
"""By how much the clock of a process may be ahead of the database's."""


def check(
    evidence: Mapping[str, Evidence],
    acknowledged: Sequence[Acknowledged],
    losses: Sequence[Loss] = (),
    turned: Sequence[Turned] = (),
) -> list[str]:
    """All that is wrong between the services of which there is evidence; nothing, if nothing is."""
    gone = [told for loss in losses for told in loss.took(acknowledged)]
    found = list(commands(evidence, [told for told in acknowledged if told not in gone]))
    found += stories(acknowledged, gone, turned)
    for loss in losses:
        found += tail(evidence[loss.service], loss)
    for one in evidence.values():
        found += order(one)
        for upstream in one.opened.service.subscriptions.keys() & evidence:
            found += exchanged(one, evidence[upstream])
        found += unasked(one, evidence, losses)
        found += clocks(one)
        found += parked(one.opened)
        found += views(one.opened, one.head)
    return found


def commands(evidence: Mapping[str, Evidence], acknowledged: Iterable[Acknowledged]) -> Iterator[str]:
    """What was acknowledged lies in the ledger, decided once, where the client was told."""
    by_request = {name: _by_request(one) for name, one in evidence.items()}
    for told in acknowledged:
        events = by_request[told.service].get(told.request_id, [])
        wrong = _judged(told, events)
        if wrong:
            yield f"{told.service}: {told.rpc} {told.request_id}, acknowledged at {told.revision}, {wrong}"


def _judged(told: Acknowledged, events: Sequence[Stored]) -> str:
    if not events:
        return "is lost: nothing in the ledger comes of it"
    if not _decided_once(events):
        return f"took effect twice: {_places(events)}"
    if not _is_at(events[-1], told):
        return f"lies elsewhere: {_places(events)}"
    return ""


def _is_at(event: Stored, told: Acknowledged) -> bool:
    """Whether an event lies where the client was told."""
    seen = parse_revision(told.revision)
    return (event.position, event.version) == (seen.position, seen.version)


def _decided_once(events: Sequence[Stored]) -> bool:
    """One decision is for one stream, at one moment, and its events follow each other."""
    decisions = {(event.stream, event.recorded_at) for event in events}
    ids = {event.metadata.event_id for event in events}
    dense = events[-1].version - events[0].version == len(events) - 1
    return len(decisions) == 1 and len(ids) == len(events) and dense


def stories(
    acknowledged: Iterable[Acknowledged], gone: Sequence[Acknowledged], turned: Iterable[Turned]
) -> Iterator[str]:
    """Who goes on after what they had seen was lost is refused, and nobody else is."""
    lost: set[str] = set()
    for told in acknowledged:  # those of a story lie in order
        if told in gone:
            lost.add(told.story)
        elif told.story in lost:
            yield (
                f"{told.service}: {told.rpc} {told.request_id} was done, though what its caller had seen was"
                " lost: nobody told them"
            )
    for one in turned:
        if one.story not in lost:
            yield f"{one.rpc} {one.request_id} was refused ({one.reason}), and nothing was lost"


def tail(one: Evidence, loss: Loss) -> Iterator[str]:
    """Something was lost and is gone; all before it is there as it was, and so is all that had been saved."""
    if loss.after < loss.saved:
        yield f"{one.name}: of {loss.saved} positions that were saved only {loss.after} came back"
    if not loss.events:
        yield f"{one.name}: nothing was lost behind {loss.after}, so nothing was tried"
    lost = {event.metadata.event_id for event in loss.events}
    for event in one.events:
        if event.metadata.event_id in lost:
            yield f"{one.name}: {_place(event)} was lost with all behind {loss.after}, and yet is there"
    kept = [event.chain for event in one.events if event.position <= loss.after]
    if (kept[-1] if kept else b"") != loss.chain:
        yield f"{one.name}: more was lost, or changed, than what lay behind {loss.after}"


def order(one: Evidence) -> Iterator[str]:
    """Versions of a stream are 1, 2, 3, ... each once, in the order of the ledger."""
    for stream, events in one.streams.items():
        versions = [event.version for event in events]
        expected = list(range(1, len(versions) + 1))
        if versions != expected:
            wrong = next((pair for pair in zip(versions, expected, strict=True) if pair[0] != pair[1]), None)
            assert wrong is not None
            yield f"{one.name}: {stream} has version {wrong[0]} where {wrong[1]} belongs"


def unasked(one: Evidence, evidence: Mapping[str, Evidence], losses: Iterable[Loss] = ()) -> Iterator[str]:
    """Whatever a service did as a reaction was called for by an event that a neighbour recorded, or lost."""
    lost = {cause for loss in losses for cause in loss.causes}
    causes = lost | {
        event.id
        for upstream, wanted in one.opened.service.subscriptions.items()
        if upstream in evidence
        for event in evidence[upstream].published
        if event.type in {message.DESCRIPTOR.full_name for message in wanted}
    }
    for event in one.events:
        about = event.metadata
        if about.actor == f"service:{one.name}" and about.causation_id not in causes:
            yield f"{one.name}: {_place(event)} comes of {about.causation_id}, which no neighbour recorded"


def clocks(one: Evidence) -> Iterator[str]:
    """Every moment that was due has been noticed, none of them twice, and none before it was due."""
    for events in one.streams.values():
        fired = [event for event in events if event.metadata.actor == f"clock:{one.name}"]
        for event in fired:
            due = event.metadata.occurred_at
            if due > event.recorded_at + _EARLY:
                yield f"{one.name}: a moment was noticed early, before {due}: {_place(event)}"
            same = [other for other in events if (other.name, other.event) == (event.name, event.event)]
            if same[0] is event and len(same) > 1:
                yield f"{one.name}: a moment was noticed twice: {_places(same)}"
    for clock in one.opened.service.clocks:
        for moment in clock.due(one.opened.views, utc_now(), 100):
            yield f"{one.name}: {clock.name} of {moment.id}, due {moment.due_at}, were not noticed"


def parked(opened: OpenService) -> Iterator[str]:
    """Nothing is parked."""
    with opened.ledger.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute("SELECT source, sequence, type, subject, error FROM parked ORDER BY id")
        for source, sequence, kind, subject, error in rows.fetchall():
            yield f"{opened.name}: parked is {kind} of {subject}, number {sequence} of {source}: {error}"


def views(opened: OpenService, head: int) -> Iterator[str]:
    """Every view is up to date, and has the rows that the ledger gives when it is built anew."""
    positions = view_positions(opened)
    for view in opened.service.views:
        if positions.get(view.name) != head:
            yield f"{opened.name}: view {view.name} is at {positions.get(view.name)}, the ledger at {head}"
        for line in differences(opened.ledger, view):
            yield f"{opened.name}: view {line}"


def view_positions(opened: OpenService) -> dict[str, int]:
    """How far each view is."""
    with opened.ledger.connection() as connection, connection.cursor() as cursor:
        return view_tables.positions(cursor, opened.service.views)


def _by_request(one: Evidence) -> dict[str, list[Stored]]:
    found: dict[str, list[Stored]] = defaultdict(list)
    for event in one.events:
        if event.metadata.request_id:
            found[event.metadata.request_id].append(event)
    return found


def _places(events: Iterable[Stored]) -> str:
    return ", ".join(map(_place, events))


def _place(event: Stored) -> str:
    return f"{event.name} (version {event.version} of {event.stream}, at {event.position})"
