"""Lanes: one for each channel, in which notices go out several at a time, and to each person in order.

A mail server that takes its time holds up neither text messages nor more than its own places. A channel that
takes nothing is left alone for a while, and then tried with one message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from libs.notify.turns import Turns
from libs.retry.backoff import Backoff
from services.identity.domain.preferences import NoticeChannel

PLACES = 4
"""Messages that are on their way by one channel: few mail servers take more connections of one sender."""
_AWAY = Backoff(first=2.0, most=300.0)
_FULL = timedelta(seconds=2)
"""When a delivery is looked at again that found no place."""
_PATIENCE, _SETTLED = 0.25, 1.0  # seconds: for a place; and until what was begun is mostly over
_DRAINED = 90.0  # seconds: more than a channel takes for one message, whatever its server does


@dataclass(slots=True)
class Away:
    """Channels that take nothing at the moment: until when, since when, and how often in a row."""

    until: dict[NoticeChannel, datetime] = field(default_factory=dict)
    since: dict[NoticeChannel, datetime] = field(default_factory=dict)
    times: dict[NoticeChannel, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def mark(self, channel: NoticeChannel, began: datetime, now: datetime) -> None:
        """Once more, for a message that began then; those that were on their way together count as one."""
        with self._lock:
            if began < self.since.get(channel, began):
                return
            times = self.times[channel] = self.times.get(channel, 0) + 1
            self.since[channel] = now
            self.until[channel] = now + timedelta(seconds=_AWAY.pause(times))

    def back(self, channel: NoticeChannel) -> None:
        """It takes messages."""
        with self._lock:
            for known in (self.until, self.since, self.times):
                known.pop(channel, None)


@dataclass(slots=True)
class Round:
    """One look at all that is due: who waits since an earlier delivery, what is full, and what was begun."""

    waiting: set[str] = field(default_factory=set)
    full: set[NoticeChannel] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Lanes:
    """What is on its way. `begin` and `settle` are for one thread, the rest for any."""

    away: Away = field(default_factory=Away)
    _turns: dict[NoticeChannel, Turns] = field(
        default_factory=lambda: {each: Turns(PLACES, f"notices-{each.value}") for each in NoticeChannel}
    )
    _errors: list[Exception] = field(default_factory=list)

    def waits(self, resident_id: str, round_: Round) -> bool:
        """Whether something else comes first for a person."""
        under_way = any(resident_id in turns.running() for turns in self._turns.values())
        return resident_id in round_.waiting or under_way

    def opens(self, channel: NoticeChannel, now: datetime) -> datetime | None:
        """When a message may be begun by a channel again; None: now."""
        until = self.away.until.get(channel, now)
        if now < until:
            return until
        tried = bool(self.away.times.get(channel)) and bool(self._turns[channel].running())
        return now + _FULL if tried else None

    def begin(
        self, channel: NoticeChannel, resident_id: str, carry: Callable[[], object], round_: Round
    ) -> timedelta | None:
        """Begin to carry a message; or after what time to look at it again."""
        patience = 0.0 if channel in round_.full else _PATIENCE

        def turn() -> None:
            try:
                carry()
            except Exception as error:  # noqa: BLE001  # raised by whoever settles the round
                self._errors.append(error)

        if self._turns[channel].begin(resident_id, turn, patience=patience):
            round_.begun.add(resident_id)
            return None
        round_.full.add(channel)
        round_.waiting.add(resident_id)
        return _FULL

    def settle(self, round_: Round) -> None:
        """Wait a moment for what was begun; raises what went wrong first in any thread, once."""
        for turns in self._turns.values():
            turns.ended(round_.begun, _SETTLED)
        if errors := [self._errors.pop(0) for _ in range(len(self._errors))]:
            raise errors[0]

    def drain(self) -> None:
        """Wait for what is on its way: until then nobody else may send it."""
        for turns in self._turns.values():
            turns.ended(turns.running(), _DRAINED)

    def close(self) -> None:
        """Begin nothing more; waits for what is on its way."""
        for turns in self._turns.values():
            turns.close()
