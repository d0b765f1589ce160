"""Clocks: a durable schedule whose due moments become commands, in order and once each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A command that is due at a moment; `stream` is a key of `ServiceParts.streams`."""

    due_at: datetime
    stream: str
    id: str
    command: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A schedule kept by a view of the service.

    `due(now, limit, at_least)` answers the moments not later than `now`, the earliest first;
    `at_least` is a revision token to pass on to the view ("" for none). The command must decide
    "nothing happened" when its moment has already been dealt with.
    """

    name: str
    due: Callable[[datetime, int, str], Sequence[Moment]]
