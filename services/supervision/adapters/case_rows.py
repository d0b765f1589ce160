"""The row of a case in `case_facts`, and what each fact changes in it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NotRequired

from services.supervision.application.ports import OpenCase
from services.supervision.domain.case_record import events
from services.supervision.domain.values import CaseState, ClockKind, MomentKind

_ANSWERS = (events.AcceptanceNoted, events.WorkNoted, events.AnswerNoted, events.ResolutionNoted)
_Breached = Literal["first_response_breached", "resolution_breached"]
_BreachedBy = Literal["first_response_breached_by", "resolution_breached_by"]
_BREACHED: Mapping[ClockKind, tuple[_Breached, _BreachedBy]] = {
    ClockKind.FIRST_RESPONSE: ("first_response_breached", "first_response_breached_by"),
    ClockKind.RESOLUTION: ("resolution_breached", "resolution_breached_by"),
}


class CaseRow(OpenCase):
    """A case, and what is counted of it; `body_id` must answer, or answered last.

    `..._breached_by`: the body that had the case when the limit was used up; None if none had it.
    """

    external_system: str | None
    external_number: str | None
    anonymous: bool
    assisted: bool
    first_response_due_at: datetime | None
    first_response_at: NotRequired[datetime | None]
    first_response_breached: bool
    first_response_breached_by: NotRequired[str | None]
    resolved_at: NotRequired[datetime | None]  # for good: taken back by a reopening
    resolution_breached: bool
    resolution_breached_by: NotRequired[str | None]
    paused_at: NotRequired[datetime | None]
    ended_at: NotRequired[datetime | None]
    close_seconds: NotRequired[int | None]  # whole seconds from opening to closing, of closed cases
    resolutions: int
    ratings: int
    stars: int  # of all ratings together


def opened(event: events.OpeningNoted) -> CaseRow:
    """The row of a case that was just opened."""
    return CaseRow(
        case_id=event.case_id,
        public_id=event.public_id,
        external_system=event.external_system,
        external_number=event.external_number,
        affair_id=event.affair_id,
        area_path=event.area_path,
        channel=event.channel,
        anonymous=event.anonymous,
        assisted=event.assisted,
        state=CaseState.SUBMITTED.value,
        body_id=None,
        opened_at=event.origin.at,
        first_response_due_at=event.first_response_due_at,
        first_response_breached=False,
        due_at=event.due_at,
        resolution_breached=False,
        returns=0,
        reopenings=0,
        resolutions=0,
        ratings=0,
        stars=0,
    )


def take(row: CaseRow, event: events.Step) -> None:  # noqa: C901  # one case for each event
    """What a step changes in the row of its case."""
    at = event.origin.at
    match event:
        case events.RoutingNoted(body_id=body) | events.ReassignmentNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ROUTED.value, body
        case events.NoOwnerNoted():
            row["state"], row["body_id"] = CaseState.SUBMITTED.value, None
        case events.AcceptanceNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ACCEPTED.value, body
        case events.ReturnNoted(response_void=void):
            row["state"], row["body_id"] = CaseState.SUBMITTED.value, None
            row["returns"] += 1
            row["first_response_at"] = None if void else row["first_response_at"]
        case events.WorkNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.IN_PROGRESS.value, body
        case events.PauseNoted():
            row["state"], row["paused_at"] = CaseState.WAITING.value, at
        case events.ResumptionNoted(due_at=due) | events.LapseNoted(due_at=due):
            state = CaseState.WAITING if isinstance(event, events.LapseNoted) else CaseState.IN_PROGRESS
            row["state"], row["paused_at"], row["due_at"] = state.value, None, due or row["due_at"]
        case events.ResolutionNoted(body_id=body):
            row["state"], row["body_id"], row["resolved_at"] = CaseState.RESOLVED.value, body, at
            row["resolutions"] += 1
        case events.ConfirmationNoted():
            row["state"] = CaseState.CONFIRMED.value
        case events.ContestNoted():
            row["state"], row["body_id"], row["ended_at"] = CaseState.SUBMITTED.value, None, None
        case events.ClosingNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.CLOSED.value, body
            row["ended_at"], row["close_seconds"] = at, (at - row["opened_at"]) // timedelta(seconds=1)
        case events.WithdrawalNoted(body_id=had) | events.RejectionNoted(body_id=had):
            state = CaseState.WITHDRAWN if isinstance(event, events.WithdrawalNoted) else CaseState.REJECTED
            row["state"], row["body_id"], row["ended_at"], row["paused_at"] = state.value, had, at, None
        case events.ReopeningNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ACCEPTED.value, body
            row["reopenings"] += 1
            row["resolved_at"] = row["ended_at"] = row["close_seconds"] = None
        case events.BreachNoted(clock=clock, body_id=had):
            if clock in _BREACHED:  # the other clocks are told in the trail, and not scored
                breached, by = _BREACHED[clock]
                row[breached], row[by] = True, had
        case events.AnnulmentNoted(clock=clock, moment=MomentKind.BREACH):
            if clock in _BREACHED:
                breached, by = _BREACHED[clock]
                row[breached], row[by] = False, None
        case events.AnswerNoted() | events.RemarkNoted() | events.WarningNoted() | events.AdjudicationNoted():
            pass
        case events.PauseRequestFact() | events.AnnulmentNoted():  # of a warning
            pass
        case events.MergeNoted():  # it keeps what it had for the day on which it is given back
            row["state"], row["ended_at"] = CaseState.MERGED.value, at
        case events.UnmergeNoted(state=state, body_id=body):
            row["state"], row["body_id"], row["ended_at"] = state.value, body, None
        case events.DuplicateNoted() | events.SeparationNoted():
            pass
    _answered(row, event)


def promise(
    row: CaseRow, event: events.DuplicateNoted | events.SeparationNoted, other: CaseRow | None
) -> None:
    """What is due of the matter from now on. A limit that the other case missed counts for who had that."""
    row["first_response_due_at"], row["due_at"] = event.first_response_due_at, event.due_at
    row["opened_at"] = event.since
    if row["paused_at"] is not None and isinstance(event, events.DuplicateNoted):
        row["paused_at"] = event.origin.at  # what the pause has taken so far is in the due moment
    if row["close_seconds"] is not None and row["ended_at"] is not None:
        row["close_seconds"] = (row["ended_at"] - event.since) // timedelta(seconds=1)
    missed = {
        ClockKind.FIRST_RESPONSE: event.first_response_breached,
        ClockKind.RESOLUTION: event.resolution_breached,
    }
    for clock, (breached, by) in _BREACHED.items():
        if missed[clock] and not row[breached]:
            row[by] = other[by] if other else None
        row[breached] = missed[clock]
        row[by] = row[by] if missed[clock] else None


def _answered(row: CaseRow, event: events.Step) -> None:
    """The first answer counts; later ones change nothing."""
    if isinstance(event, _ANSWERS) and row["first_response_at"] is None:
        row["first_response_at"] = event.origin.at
