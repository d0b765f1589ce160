"""Who is told up the area tree that a limit is not kept, and when: computed when a case is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from libs.rules.due import Limit, due, share
from libs.rules.terms import Escalation, Level, Recipient
from libs.rules.working_time import Counting

_RANKS = {level: rank for rank, level in enumerate(Level)}

Tree = Sequence[tuple[Level | None, AreaPath]]
"""The areas of a place with their levels, from the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Who is told that a limit is not kept, and when: those who hold the role in the area, or above it.

    At `at`, or at `sooner_at` if the step before is not acknowledged by then.
    """

    recipient: Recipient
    area_path: AreaPath
    at: datetime
    sooner_at: datetime


def steps_of(
    escalation: Escalation,
    tree: Tree,
    start: datetime,
    due_at: datetime,
    limit: Limit,
    calendar: Counting,
) -> tuple[EscalationStep, ...]:
    """Who is told of a limit that is not kept, and when; nobody where no area is known."""
    steps: list[EscalationStep] = []
    for level in escalation.levels if tree else ():
        if level.after is not None:
            at = due(due_at, level.after, calendar)
        else:
            at = share(level.percent, start, due_at, limit, calendar)
        silent_at = due(steps[-1].at, escalation.acknowledgement, calendar) if steps else at
        steps.append(
            EscalationStep(
                recipient=level.recipient,
                area_path=area_of(level.level, tree),
                at=at,
                sooner_at=min(at, silent_at),
            )
        )
    return tuple(steps)


def area_of(wanted: Level, tree: Tree) -> AreaPath:
    """The area of a level; where there is none, the next above, or the top one."""
    rank = _RANKS[wanted]
    above = [path for level, path in tree if level and _RANKS[level] <= rank]
    return above[-1] if above else tree[0][1]
