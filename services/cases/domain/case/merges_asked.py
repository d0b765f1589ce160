"""What is asked of two cases that are about the same matter. Part of `commands.py`.

Each decision needs the other case as it is. Both commands of a pair are decided together. `seen` is the case
as the other one is told of it: if it has changed since, both are decided anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from libs.rules.working_time import Counting
from services.cases.domain.case.situations import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCase:
    """Let the case go on in another one, `into`."""

    seen: Case
    into: Case
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDuplicate:
    """Take in `duplicate`, which is about the same matter; `calendars` (by id) count the time of pauses."""

    seen: Case
    duplicate: Case
    calendars: Mapping[str, Counting]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeCase:
    """Let the case go on by itself again."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDuplicate:
    """Give back a case that was merged into this one."""

    case_id: str
    calendars: Mapping[str, Counting]
    at: datetime
