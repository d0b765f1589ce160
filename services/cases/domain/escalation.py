"""Who is told up the area tree that a limit is not kept, and when: computed when a case is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from libs.rules.due import WARNING, Limit, due, shares
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


def warning_and_steps(
    escalation: Escalation,
    tree: Tree,
    start: datetime,
    due_at: datetime,
    limit: Limit,
    calendar: Counting,
) -> tuple[datetime, tuple[EscalationStep, ...]]:
    """When a limit warns, and who is told that it is not kept, and when; nobody where no area is known."""
    steps: list[EscalationStep] = []
    levels = escalation.levels if tree else ()
    percents = [level.percent for level in levels if level.after is None]
    warn_at, *moments = shares([WARNING, *percents], start, due_at, limit, calendar)
    following = iter(moments)
    for level in levels:
        at = next(following) if level.after is None else due(due_at, level.after, calendar)
        silent_at = due(steps[-1].at, escalation.acknowledgement, calendar) if steps else at
        steps.append(
            EscalationStep(
                recipient=level.recipient,
                area_path=area_of(level.level, tree),
                at=at,
                sooner_at=min(at, silent_at),
            )
        )
    return warn_at, tuple(steps)


def area_of(wanted: Level, tree: Tree) -> AreaPath:
    """The area of a level; where there is none, the next above, or the top one."""
    rank = _RANKS[wanted]
    above = (path for level, path in reversed(tree) if level and _RANKS[level] <= rank)
    return next(above, tree[0][1])
