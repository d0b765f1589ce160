"""What supervision does about its neighbours' events: it notes facts and names, and forgets persons."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from libs.acting.heard import CONSENTS
from libs.forgetting.telling import forget
from libs.ledger.noted import Note
from libs.messaging.reactions import Answers, Fact, Reaction, Reactions, Subscriptions, When
from libs.rpc.moments import moment
from libs.rpc.terms import level_of
from libs.rules.areas import AreaPath
from services.supervision.domain import noted
from services.supervision.domain.case_record import CASE_RECORD, events, pause_requests
from services.supervision.domain.values import Named, Origin
from services.supervision.entrypoints.wire import CHANNELS, CLOCKS, MERGES, MOMENTS, By

M = TypeVar("M", bound=Message)
Late = TypeVar("Late", events.LapseNoted, events.ResumptionNoted)
Of = TypeVar("Of", events.AcceptanceNoted, events.AnswerNoted, events.ResolutionNoted)

# Cases: each of its events becomes one fact of the case's record, as the table at the end says


def when_case_event(noted: Callable[[M, By], events.CaseFact], event: Any, fact: Fact) -> Reactions:
    """Note what happened to a case."""
    return [Reaction(CASE_RECORD, event.case_id, Note(noted(event, partial(_origin, fact))))]


def _on(published: type[M], noted: Callable[[M, By], events.CaseFact]) -> tuple[type[Message], When]:
    """The row of a published event, and of the fact that is noted of it."""
    return published, partial(when_case_event, noted)


def _noting(*rows: tuple[type[Message], When]) -> Mapping[type[Message], When]:
    """The table, as subscriptions have it."""
    return dict(rows)


def _origin(fact: Fact, at: Timestamp) -> Origin:
    """The moment is the event's own: that of a breach lies before the command that noticed it."""
    return Origin(
        source=fact.source,
        sequence=fact.sequence,
        version=fact.subject_version,
        event_id=fact.event_id,
        at=moment(at),
        recorded_at=fact.recorded_time,
        actor=fact.actor,
        on_behalf_of=fact.on_behalf_of or None,
        consent_id=fact.consent_id or None,
        reason=fact.reason or None,
        correlation_id=fact.correlation_id or None,
        causation_id=fact.causation_id or None,
        traceparent=fact.traceparent or None,
    )


def _opening(event: cases.CaseOpened, by: By) -> events.OpeningNoted:
    """A record begins, with what was promised."""
    due = {deadline.clock: moment(deadline.due_time) for deadline in event.deadlines}
    return events.OpeningNoted(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        area_path=AreaPath(event.area_path),
        channel=CHANNELS.word(event.channel),
        anonymous=event.anonymous,
        assisted=event.assisted,
        origin=by(event.opened_time),
        reporter_id=event.reporter_id or None,
        external_system=event.external_reference.system or None,
        external_number=event.external_reference.number or None,
        first_response_due_at=due.get(types.CLOCK_KIND_FIRST_RESPONSE),
        due_at=due.get(types.CLOCK_KIND_RESOLUTION),
    )


def _later(noted: type[Late], at: str, event: Any, by: By) -> Late:
    """A pause has moved the due moment, where something is promised."""
    due = moment(event.resolution.due_time) if event.HasField("resolution") else None
    return noted(body_id=event.body_id, due_at=due, origin=by(getattr(event, at)))


def _of_body(noted: type[Of], at: str) -> Callable[[Any, By], Of]:
    return lambda it, by: noted(body_id=it.body_id, origin=by(getattr(it, at)))


def _request(noted: type[pause_requests.OfRequest], at: str) -> Callable[[Any, By], pause_requests.OfRequest]:
    return lambda it, by: noted(body_id=it.body_id, area_id=it.deciding_area_id, origin=by(getattr(it, at)))


def when_case_located(event: cases.CaseLocated, _fact: Fact) -> Reactions:
    """Reports may be cut by other boundaries than those of the opening."""
    areas = noted.CaseAreasNoted(
        case_id=event.case_id,
        areas=tuple(
            noted.AreaSince(since=moment(each.from_time), path=AreaPath(each.area_path))
            for each in event.areas
        ),
    )
    return [Reaction(noted.CASE_AREAS, event.case_id, Note(areas))]


# Identity and catalog: names, and persons to forget


def when_area_named(event: identity.AreaDefined | identity.AreaRenamed, _fact: Fact) -> Reactions:
    """An area has a name, or another one, and a place in the tree."""
    return _name(Named.AREA, event.area_id, event.area_path, event.name, event.level)


def when_area_ended(event: identity.AreaEnded, _fact: Fact) -> Reactions:
    """Reports may be cut by the areas of a later moment."""
    ended = noted.AreaEndNoted(
        area_id=event.area_id,
        path=AreaPath(event.area_path),
        valid_until=moment(event.valid_until_time),
        successor_ids=tuple(event.successor_area_ids),
    )
    return [Reaction(noted.NAME, noted.name_id(Named.AREA, event.area_id), Note(ended))]


def when_body_registered(event: identity.BodyRegistered, _fact: Fact) -> Reactions:
    """A body has a name."""
    return _name(Named.BODY, event.body_id, event.body_id, event.name)


def when_subject_erased(event: identity.SubjectErased, fact: Fact) -> Answers:
    """The comments of the person can be read no longer."""
    return forget(event, fact)


def when_affair_named(event: catalog.AffairDefined | catalog.AffairChanged, _fact: Fact) -> Reactions:
    """An affair has a name, maybe another one, and a place in the tree."""
    return _name(Named.AFFAIR, event.affair_id, event.affair_path, event.name)


def _name(named: Named, subject_id: str, path: str, name: LocalizedText, number: int = 0) -> Reactions:
    called = noted.NameNoted(
        named=named, id=subject_id, path=path, zh=name.zh, en=name.en, level=level_of(number)
    )
    return [Reaction(noted.NAME, noted.name_id(named, subject_id), Note(called))]


CASE_EVENTS = _noting(
    _on(cases.CaseOpened, _opening),
    _on(cases.CaseRouted, lambda it, by: events.RoutingNoted(body_id=it.body_id, origin=by(it.routed_time))),
    _on(cases.CaseUnowned, lambda it, by: events.NoOwnerNoted(origin=by(it.found_time))),
    _on(cases.CaseAccepted, _of_body(events.AcceptanceNoted, "accepted_time")),
    _on(
        cases.CaseReturned,
        lambda it, by: events.ReturnNoted(
            body_id=it.body_id, response_void=it.response_void, origin=by(it.returned_time)
        ),
    ),
    _on(
        cases.AdjudicationOpened,
        lambda it, by: events.AdjudicationNoted(area_id=it.area_id, origin=by(it.opened_time)),
    ),
    _on(
        cases.CaseReassigned,
        lambda it, by: events.ReassignmentNoted(
            from_body_id=it.from_body_id or None, body_id=it.body_id, origin=by(it.reassigned_time)
        ),
    ),
    _on(cases.WorkStarted, lambda it, by: events.WorkNoted(body_id=it.body_id, origin=by(it.started_time))),
    _on(cases.CasePaused, lambda it, by: events.PauseNoted(body_id=it.body_id, origin=by(it.paused_time))),
    _on(cases.PauseLapsed, partial(_later, events.LapseNoted, "lapsed_time")),
    _on(cases.CaseResumed, partial(_later, events.ResumptionNoted, "resumed_time")),
    _on(cases.ReporterAnswered, _of_body(events.AnswerNoted, "answered_time")),
    _on(
        cases.NoteAdded,
        lambda it, by: events.RemarkNoted(to_reporter=it.to_reporter, origin=by(it.added_time)),
    ),
    _on(cases.CaseResolved, _of_body(events.ResolutionNoted, "resolved_time")),
    _on(
        cases.CaseConfirmed,
        lambda it, by: events.ConfirmationNoted(body_id=it.body_id, origin=by(it.confirmed_time)),
    ),
    _on(cases.CaseClosed, lambda it, by: events.ClosingNoted(body_id=it.body_id, origin=by(it.closed_time))),
    _on(
        cases.CaseWithdrawn,
        lambda it, by: events.WithdrawalNoted(body_id=it.body_id or None, origin=by(it.withdrawn_time)),
    ),
    _on(
        cases.CaseRejected,
        lambda it, by: events.RejectionNoted(body_id=it.body_id or None, origin=by(it.rejected_time)),
    ),
    _on(
        cases.RejectionContested,
        lambda it, by: events.ContestNoted(responded=it.responded, origin=by(it.contested_time)),
    ),
    _on(
        cases.CaseReopened,
        lambda it, by: events.ReopeningNoted(
            body_id=it.body_id, by_reporter=it.by_reporter, origin=by(it.reopened_time)
        ),
    ),
    _on(
        cases.DeadlineWarned,
        lambda it, by: events.WarningNoted(
            clock=CLOCKS.from_wire(it.clock), body_id=it.body_id or None, origin=by(it.warned_time)
        ),
    ),
    _on(
        cases.DeadlineBreached,
        lambda it, by: events.BreachNoted(
            clock=CLOCKS.from_wire(it.clock), body_id=it.body_id or None, origin=by(it.breached_time)
        ),
    ),
    _on(
        cases.MomentAnnulled,
        lambda it, by: events.AnnulmentNoted(
            clock=CLOCKS.from_wire(it.clock),
            moment=MOMENTS.from_wire(it.moment),
            body_id=it.body_id or None,
            origin=by(it.annulled_time),
        ),
    ),
    _on(cases.PauseRequested, _request(pause_requests.PauseRequestNoted, "requested_time")),
    _on(cases.PauseApproved, _request(pause_requests.PauseApprovalNoted, "approved_time")),
    _on(cases.PauseRefused, _request(pause_requests.PauseRefusalNoted, "refused_time")),
    _on(cases.PauseRequestLapsed, _request(pause_requests.PauseRequestLapseNoted, "lapsed_time")),
    *(_on(published, noted) for published, noted in MERGES.items()),
)
"""What is noted of each event of cases; the resolution, too: whether in time is judged here."""

SUBSCRIPTIONS: Subscriptions = {
    "cases": {**CASE_EVENTS, cases.CaseLocated: when_case_located},
    "identity": {
        identity.AreaDefined: when_area_named,
        identity.AreaRenamed: when_area_named,
        identity.AreaEnded: when_area_ended,
        identity.BodyRegistered: when_body_registered,
        identity.SubjectErased: when_subject_erased,
        **CONSENTS,
    },
    "catalog": {catalog.AffairDefined: when_affair_named, catalog.AffairChanged: when_affair_named},
}
