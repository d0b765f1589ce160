"""Requests for pauses beyond their limit, and what is decided. Part of `commands.py` and `events.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from libs.rules.areas import AreaPath
from libs.rules.working_time import Counting

# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPause:
    """The body requests a pause until a moment beyond the limit, for a reason of the list."""

    reason_code: str
    until: datetime
    requested_by: str
    calendars: Mapping[str, Counting] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePause:
    """Somebody of the next area up lets work wait: the pause begins."""

    pause_id: str
    decided_by: str
    calendars: Mapping[str, Counting] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusePause:
    """Somebody of the next area up does not."""

    pause_id: str
    decided_by: str
    at: datetime


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested:
    """The body requested a pause; until `decide_by` the area may decide. The clocks go on."""

    pause_id: str
    body_id: str
    reason_code: str
    until: datetime
    area_path: AreaPath
    decide_by: datetime
    requested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseApproved:
    """The area lets work wait: a `CasePaused` follows."""

    pause_id: str
    body_id: str
    area_path: AreaPath
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRefused:
    """The area does not let work wait."""

    pause_id: str
    body_id: str
    area_path: AreaPath
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestLapsed:
    """The area has not decided in time: the clocks just went on."""

    pause_id: str
    body_id: str
    area_path: AreaPath
    at: datetime
