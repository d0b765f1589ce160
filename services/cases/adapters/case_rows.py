"""The row of a case in `all_cases`: as it begins, and what a merge with another case changes in it."""

from datetime import UTC, datetime

from libs.ledger.views.view import Row
from libs.rules.areas import id_of
from services.cases.application.ports import CaseRow
from services.cases.domain.case import events
from services.cases.domain.clocks import ClockKind
from services.cases.domain.values import CaseState

Merges = events.CaseMerged | events.CaseUnmerged | events.DuplicateAdded | events.DuplicateRemoved

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands in `due_order` for "no promise": such cases come last."""


def opened(event: events.CaseOpened) -> CaseRow:
    """The row of a new case."""
    promised = {deadline.clock: deadline for deadline in event.deadlines}
    response, resolution = promised.get(ClockKind.FIRST_RESPONSE), promised.get(ClockKind.RESOLUTION)
    commitment = response or resolution
    return CaseRow(
        case_id=event.case_id,
        public_id=event.public_id,
        state=CaseState.SUBMITTED.value,
        affair_id=event.affair_id,
        area_id=id_of(event.area_path),
        area_path=event.area_path,
        channel=event.channel.value,
        anonymous=event.anonymous,
        assisted=event.assisted,
        reporter_id=event.reporter_id,
        opened_time=event.at,
        commitment_id=commitment.commitment_id if commitment else None,
        commitment_version=commitment.commitment_version if commitment else None,
        response_warn_time=response.warn_at if response else None,
        response_due_time=response.due_at if response else None,
        response_breached=False,
        warn_time=resolution.warn_at if resolution else None,
        due_time=resolution.due_at if resolution else None,
        due_order=resolution.due_at if resolution else NEVER,
        overdue=False,
        returns=0,
        reopenings=0,
        external_system=event.external.system if event.external else None,
        external_number=event.external.number if event.external else None,
        held=event.imported,
        deciding_path=event.area_path,
        pause_requested=False,
    )


def merged(event: Merges) -> Row:
    """The columns that change. A merged case keeps what it had for the day on which it is given back."""
    match event:
        case events.CaseMerged(into_case_id=into, into_public_id=number, at=at):
            where: Row = {"merged_into_id": into, "merged_into": number, "pause_requested": False}
            return {"state": CaseState.MERGED.value, "ended_time": at, **where}
        case events.CaseUnmerged(state=state):
            where = {"merged_into_id": None, "merged_into": None}
            return {"state": state.value, "ended_time": None, **where}
        case events.DuplicateAdded() | events.DuplicateRemoved():
            return _promised(event)


def _promised(event: events.DuplicateAdded | events.DuplicateRemoved) -> Row:
    """The limits from now on, and whether they were kept."""
    clocks = {clock.deadline.clock: clock for clock in event.clocks}
    response, resolution = clocks.get(ClockKind.FIRST_RESPONSE), clocks.get(ClockKind.RESOLUTION)
    promised = response or resolution
    return {
        "commitment_id": promised.deadline.commitment_id if promised else None,
        "commitment_version": promised.deadline.commitment_version if promised else None,
        "response_warn_time": response.deadline.warn_at if response else None,
        "response_due_time": response.deadline.due_at if response else None,
        "response_breached": response.breached if response else False,
        "warn_time": resolution.deadline.warn_at if resolution else None,
        "due_time": resolution.deadline.due_at if resolution else None,
        "due_order": resolution.deadline.due_at if resolution else NEVER,
        "overdue": resolution.breached if resolution else False,
    }
