"""The trail of a case: its record, read as what happened, by whom, when, why and under which trace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Recorded
from services.supervision.domain.case_record import events
from services.supervision.domain.case_record.events import CaseFact, CaseRated, CaseRecordEvent, RemarkNoted
from services.supervision.domain.values import ClockKind, MomentKind

TYPES: Mapping[type, str] = {
    events.OpeningNoted: "linli.cases.v1.CaseOpened",
    events.RoutingNoted: "linli.cases.v1.CaseRouted",
    events.NoOwnerNoted: "linli.cases.v1.CaseUnowned",
    events.AcceptanceNoted: "linli.cases.v1.CaseAccepted",
    events.ReturnNoted: "linli.cases.v1.CaseReturned",
    events.AdjudicationNoted: "linli.cases.v1.AdjudicationOpened",
    events.ReassignmentNoted: "linli.cases.v1.CaseReassigned",
    events.WorkNoted: "linli.cases.v1.WorkStarted",
    events.PauseNoted: "linli.cases.v1.CasePaused",
    events.LapseNoted: "linli.cases.v1.PauseLapsed",
    events.ResumptionNoted: "linli.cases.v1.CaseResumed",
    events.AnswerNoted: "linli.cases.v1.ReporterAnswered",
    events.RemarkNoted: "linli.cases.v1.NoteAdded",
    events.ResolutionNoted: "linli.cases.v1.CaseResolved",
    events.ConfirmationNoted: "linli.cases.v1.CaseConfirmed",
    events.ClosingNoted: "linli.cases.v1.CaseClosed",
    events.WithdrawalNoted: "linli.cases.v1.CaseWithdrawn",
    events.RejectionNoted: "linli.cases.v1.CaseRejected",
    events.ContestNoted: "linli.cases.v1.RejectionContested",
    events.ReopeningNoted: "linli.cases.v1.CaseReopened",
    events.WarningNoted: "linli.cases.v1.DeadlineWarned",
    events.BreachNoted: "linli.cases.v1.DeadlineBreached",
    events.AnnulmentNoted: "linli.cases.v1.MomentAnnulled",
    events.PauseRequestNoted: "linli.cases.v1.PauseRequested",
    events.PauseApprovalNoted: "linli.cases.v1.PauseApproved",
    events.PauseRefusalNoted: "linli.cases.v1.PauseRefused",
    events.PauseRequestLapseNoted: "linli.cases.v1.PauseRequestLapsed",
    events.MergeNoted: "linli.cases.v1.CaseMerged",
    events.UnmergeNoted: "linli.cases.v1.CaseUnmerged",
    events.DuplicateNoted: "linli.cases.v1.DuplicateAdded",
    events.SeparationNoted: "linli.cases.v1.DuplicateRemoved",
    CaseRated: "linli.supervision.v1.CaseRated",
}
"""The published event that each fact was noted from, or is published as."""

_NOT_PUBLIC = (events.PauseRequestNoted, events.PauseRefusalNoted, events.PauseRequestLapseNoted)
"""Of pauses beyond their limit the public hears that one was approved, as in cases' `FollowPublicCases`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One thing that happened to a case. Texts that are not known are empty."""

    number: int
    type: str
    at: datetime
    recorded_at: datetime
    noted_at: datetime
    actor: str
    on_behalf_of: str
    consent_id: str
    reason: str
    trace_id: str
    correlation_id: str
    event_id: str
    source: str
    sequence: int
    subject_version: int
    body_id: str
    clock: ClockKind | None
    moment: MomentKind | None
    stars: int
    internal: bool  # not shown to the public


def trail_of(history: Sequence[Recorded[CaseRecordEvent]], own_source: str) -> list[TrailEntry]:
    """The trail that a record tells, from its first event. `own_source`: the name of our own events."""
    return [
        _rating(recorded, recorded.event, own_source)
        if isinstance(recorded.event, CaseRated)
        else _noted(recorded, recorded.event)
        for recorded in history
    ]


def _noted(recorded: Recorded[CaseRecordEvent], fact: CaseFact) -> TrailEntry:
    origin = fact.origin
    return TrailEntry(
        number=recorded.version,
        type=TYPES[type(fact)],
        at=origin.at,
        recorded_at=origin.recorded_at,
        noted_at=recorded.recorded_at,
        actor=origin.actor,
        on_behalf_of=origin.on_behalf_of or "",
        consent_id=origin.consent_id or "",
        reason=origin.reason or "",
        trace_id=_trace_id(origin.traceparent),
        correlation_id=origin.correlation_id or "",
        event_id=origin.event_id,
        source=origin.source,
        sequence=origin.sequence,
        subject_version=origin.version,
        body_id=getattr(fact, "body_id", None) or "",
        clock=getattr(fact, "clock", None),
        moment=getattr(fact, "moment", None),
        stars=0,
        internal=isinstance(fact, _NOT_PUBLIC) or (isinstance(fact, RemarkNoted) and not fact.to_reporter),
    )


def _rating(recorded: Recorded[CaseRecordEvent], rated: CaseRated, own_source: str) -> TrailEntry:
    about = recorded.metadata
    return TrailEntry(
        number=recorded.version,
        type=TYPES[CaseRated],
        at=rated.at,
        recorded_at=recorded.recorded_at,
        noted_at=recorded.recorded_at,
        actor=about.actor,
        on_behalf_of=about.on_behalf_of or "",
        consent_id=about.consent_id or "",
        reason=about.reason or "",
        trace_id=_trace_id(about.traceparent),
        correlation_id=about.correlation_id or "",
        event_id=about.event_id,
        source=own_source,
        sequence=recorded.position,
        subject_version=recorded.version,
        body_id=rated.body_id,
        clock=None,
        moment=None,
        stars=rated.stars,
        internal=False,
    )


def _trace_id(traceparent: str | None) -> str:
    """The second part of `00-<trace id>-<span id>-<flags>` (W3C Trace Context)."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else ""
