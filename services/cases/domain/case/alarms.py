"""What people do about moments that have passed: acknowledge an escalation, take back what came too early."""

from datetime import datetime

from services.cases.domain import refusals
from services.cases.domain.case import commands, events
from services.cases.domain.case.situations import (
    CaseFile,
    Closed,
    Merged,
    Opened,
    Rejected,
    Withdrawn,
    body_of,
)
from services.cases.domain.clocks import MomentKind, escalated


def acknowledge(
    command: commands.AcknowledgeEscalation, file: CaseFile, at: datetime
) -> list[events.CaseEvent]:
    """Only a level that was told can say so, and once is enough."""
    told = escalated(file.clocks, command.clock, command.level)
    if told is None:
        raise refusals.not_escalated(command.clock.value, command.level)
    _, escalation = told
    if escalation.acknowledged_at is not None:
        return []
    return [events.EscalationAcknowledged(clock=command.clock, level=command.level, at=at)]


def annul(command: commands.AnnulMoment, state: Opened) -> list[events.CaseEvent]:
    """Take back a moment that came too early; a breach falls with its warning.

    Not in the order of the case's times: the moment that is wrong may lie in the future.
    """
    clock = next((each for each in state.file.clocks if each.deadline.clock is command.clock), None)
    if clock is not None and command.moment in clock.annulled:
        return []
    if clock is None or clock.fired_at(command.moment) is None:
        raise refusals.moment_not_fired(command.clock.value, command.moment.value)
    ended_at = state.ended_at if isinstance(state, Closed | Rejected | Withdrawn | Merged) else command.at
    if clock.was_due(command.moment, min(command.at, ended_at)):
        raise refusals.moment_was_due(clock.due_at(command.moment))
    kinds = (MomentKind.BREACH, command.moment) if command.moment is MomentKind.WARNING else (command.moment,)
    return [
        events.MomentAnnulled(
            clock=command.clock, moment=kind, body_id=body_of(state), moment_at=fired_at, at=command.at
        )
        for kind in kinds
        if (fired_at := clock.fired_at(kind)) is not None
    ]
