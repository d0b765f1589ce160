"""What the clocks of a case say, each at its own moment, and what is answered. Part of `events.py`."""

from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from libs.rules.terms import Recipient
from services.cases.domain.clocks import ClockKind, MomentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineWarned:
    """Three quarters of a limit are used up; `at` is the moment itself, however late it was noticed."""

    clock: ClockKind
    body_id: str | None
    due_at: datetime
    at: datetime
    deciding_path: AreaPath | None = None  # whose dispatchers could have stopped it, where no body had it


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineBreached:
    """A limit is used up. `at` and `deciding_path` as in `DeadlineWarned`."""

    clock: ClockKind
    body_id: str | None
    at: datetime
    deciding_path: AreaPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEscalated:
    """A limit is still not kept: a level (from 1) is told, `sooner` if the one before was silent too long."""

    clock: ClockKind
    level: int
    recipient: Recipient
    area_path: AreaPath
    body_id: str | None
    sooner: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationAcknowledged:
    """Somebody of the level that was told said that they know."""

    clock: ClockKind
    level: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentAnnulled:
    """A moment (`moment_at`) that passed before it was due counts as not passed."""

    clock: ClockKind
    moment: MomentKind
    body_id: str | None
    moment_at: datetime
    at: datetime
