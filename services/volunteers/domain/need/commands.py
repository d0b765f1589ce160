"""What may be asked of a need. The moment `at` comes with the command, aware, in UTC."""

from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from services.volunteers.domain.values import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseNeed:
    """Call for volunteers; nothing happens if this need was raised before."""

    need_id: str
    case_id: str
    area_path: AreaPath
    shift: Shift
    wanted: int
    skills: frozenset[str]
    priority: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawNeed:
    """End a need; nothing happens if it has ended or was never raised."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOffer:
    """Ask a volunteer; nothing happens if they were asked before, or the need is filled or ended."""

    volunteer_id: str
    expires_at: datetime
    at: datetime
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer:
    """Say yes."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineOffer:
    """Say no, or take a yes back."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireOffer:
    """Let an unanswered offer end; nothing happens if it was answered or its time is not over."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHours:
    """Write down the minutes a volunteer gave."""

    volunteer_id: str
    minutes: int
    at: datetime


NeedCommand = RaiseNeed | WithdrawNeed | MakeOffer | AcceptOffer | DeclineOffer | ExpireOffer | RecordHours
