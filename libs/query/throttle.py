"""The brake on guessing: budgets of failures for a name, for an address and in all, and a bounded rush.

Whoever guesses slows down themselves. Others are never locked out: where a name is used, no budget but
its own counts, and elsewhere the longest that somebody else's guesses make anybody wait is `PAUSE`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from libs.ledger.decider import Kind, Refusal

FORGOTTEN = timedelta(hours=1)
MOST = 50_000
"""Names, addresses and pairs of them that are remembered of each kind."""
PAUSE = timedelta(seconds=20)
"""How long a try must wait where a budget is spent."""
_TURN = timedelta(minutes=1)
"""How long a try that has waited may then be made."""
TURNS = 5
"""Names that may wait at one address at a time: so one address cannot try many names by waiting for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """How fast one may guess: `free` failures cost nothing (people mistype), then 1 s, 2 s … `longest`."""

    free: int
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """How long the next try must wait."""
        if failures < self.free:
            return timedelta(0)
        return min(self.longest, timedelta(seconds=2 ** min(failures - self.free, 20)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So many failures may come `within` a time; they are forgotten evenly over it."""

    failures: int
    within: timedelta

    def left(self, level: float, passed: timedelta) -> float:
        """What counts still of failures that counted for `level` some time ago."""
        return max(0.0, level - self.failures * (passed / self.within))


OF_STRANGERS = Brake(free=5, longest=timedelta(minutes=15))
"""For one name at an address where it has not been used."""
WHERE_IT_IS_USED = Brake(free=5, longest=timedelta(minutes=1))
"""For one name at an address where it is used: whoever guesses there keeps its owner waiting, too."""
OF_A_NAME = Budget(failures=50, within=timedelta(hours=1))
"""For a name that is guessed at from many addresses."""
OF_AN_ADDRESS = Budget(failures=50, within=timedelta(minutes=10))
"""For an address that guesses at many names."""
OF_ALL = Budget(failures=600, within=timedelta(minutes=10))
"""For many addresses that guess at many names."""

_Pair = tuple[str, str]


def too_many_attempts(seconds: int) -> Refusal:
    """Somebody tried too often under this name, from this address, or in all."""
    return Refusal(
        Kind.EXHAUSTED,
        "TOO_MANY_ATTEMPTS",
        "there were too many failed attempts; wait before the next",
        retry_after_seconds=str(seconds),
    )


class _Spending:
    """Budgets of one kind, by whose they are; those that were not used for longest are forgotten first."""

    def __init__(self, budget: Budget, remembered: int) -> None:
        self._budget = budget
        self._remembered = remembered
        self._spent: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def is_spent(self, whose: str, now: datetime) -> bool:
        return self._level(whose, now) + 1 > self._budget.failures

    def add(self, whose: str, now: datetime, failures: int = 1) -> None:
        most = 2 * self._budget.failures  # so that the end of an attack is soon the end of the waiting
        self._spent[whose] = (min(most, max(0.0, self._level(whose, now) + failures)), now)
        self._spent.move_to_end(whose)
        _bound(self._spent, self._remembered)

    def _level(self, whose: str, now: datetime) -> float:
        level, since = self._spent.get(whose, (0.0, now))
        return self._budget.left(level, now - since)


@dataclass(slots=True)
class Attempt:
    """A try that was let through. It counts as a failure until `succeeded` is set."""

    succeeded: bool = False


class _Rush:
    """How many tries are under way: of a pair, of strangers from an address, and of strangers in all."""

    def __init__(self, places: int, busy: Callable[[], Refusal]) -> None:
        self._busy = busy
        self._most = {"pair": max(1, places // 2), "address": max(1, places * 3 // 8)}
        self._most["strangers"] = max(1, places * 3 // 4)
        self._now: dict[tuple[str, ...], int] = {}

    def refuse_more(self, name: str, address: str, *, stranger: bool) -> None:
        counted = self._counted(name, address, stranger=stranger)
        if any(self._now.get(each, 0) >= self._most[each[0]] for each in counted):
            raise self._busy()

    def change(self, name: str, address: str, by: int, *, stranger: bool) -> None:
        for each in self._counted(name, address, stranger=stranger):
            left = self._now.pop(each, 0) + by
            if left:
                self._now[each] = left

    def _counted(self, name: str, address: str, *, stranger: bool) -> list[tuple[str, ...]]:
        pair = ("pair", name, address)
        return [pair, ("address", address), ("strangers",)] if stranger else [pair]


class Throttle:
    """Lets tries through, or refuses them, in the memory of this process.

    A pair of name and address is familiar once the name was used there. Tries of others, the strangers,
    count for the budgets, and may take only some of the `places` in which secrets are checked.

    Each replica counts for itself: N replicas allow N times the tries, which the growing wait
    makes up for. The longest quiet are forgotten first.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        places: int = 8,
        remembered: int = MOST,
        busy: Callable[[], Refusal] | None = None,
    ) -> None:
        """`busy` makes the refusal of a try for which there is no place; without it, TOO_MANY_ATTEMPTS."""
        self._clock = clock
        self._remembered = remembered
        self._failures: OrderedDict[_Pair, tuple[int, datetime]] = OrderedDict()
        self._names = _Spending(OF_A_NAME, remembered)
        self._addresses = _Spending(OF_AN_ADDRESS, remembered)
        self._all = _Spending(OF_ALL, remembered)
        self._familiar: OrderedDict[_Pair, None] = OrderedDict()
        self._turns: OrderedDict[str, dict[str, datetime]] = OrderedDict()
        self._rush = _Rush(places, busy or (lambda: too_many_attempts(1)))
        self._lock = threading.Lock()

    @contextmanager
    def attempt(self, name: str, address: str) -> Iterator[Attempt]:
        """A try under a name, from an address; set `succeeded` in it when the secret was right.

        Refuses TOO_MANY_ATTEMPTS while the name must wait at this address, `busy` while too many tries of
        the pair, or of strangers, are under way. The try counts as a failure from the beginning, so
        that tries side by side cannot all be let through; it counts for nothing if it ends by any other
        trouble than a wrong secret.
        """
        with self._lock:
            stranger = (name, address) not in self._familiar
            self._let_through(name, address, self._clock(), stranger=stranger)
        attempt, wrong = Attempt(), True
        try:
            yield attempt
        except Refusal as refused:
            wrong = refused.kind is Kind.UNAUTHENTICATED
            raise
        except BaseException:
            wrong = False
            raise
        finally:
            with self._lock:
                self._rush.change(name, address, -1, stranger=stranger)
                if attempt.succeeded:
                    self._make_familiar(name, address)
                if attempt.succeeded or not wrong:
                    self._count(name, address, self._clock(), -1, stranger=stranger)

    def _let_through(self, name: str, address: str, now: datetime, *, stranger: bool) -> None:
        count, last = self._failures.get((name, address), (0, now))
        brake = OF_STRANGERS if stranger else WHERE_IT_IS_USED
        _refuse_until(last + brake.wait_after(count), now)
        self._rush.refuse_more(name, address, stranger=stranger)
        if stranger and self._is_spent(name, address, now):
            self._take_turn(name, address, now)
        self._rush.change(name, address, 1, stranger=stranger)
        self._count(name, address, now, 1, stranger=stranger)

    def _is_spent(self, name: str, address: str, now: datetime) -> bool:
        return (
            self._names.is_spent(name, now)
            or self._addresses.is_spent(address, now)
            or self._all.is_spent("", now)
        )

    def _take_turn(self, name: str, address: str, now: datetime) -> None:
        """Let through a name that has waited at this address; else let it wait, if there is room."""
        turns = {waiting: due for waiting, due in self._turns.pop(address, {}).items() if now <= due + _TURN}
        self._turns[address] = turns
        _bound(self._turns, self._remembered)
        if name not in turns and len(turns) < TURNS:
            turns[name] = now + PAUSE
        _refuse_until(turns.get(name, now + PAUSE), now)
        del turns[name]

    def _count(self, name: str, address: str, now: datetime, failures: int, *, stranger: bool) -> None:
        pair = (name, address)
        count, last = self._failures.pop(pair, (0, now))
        count = max(0, failures + (0 if now - last > FORGOTTEN else count))
        if count:
            self._failures[pair] = (count, now if failures > 0 else last)
            _bound(self._failures, self._remembered)
        if stranger:
            for spending, whose in ((self._names, name), (self._addresses, address), (self._all, "")):
                spending.add(whose, now, failures)

    def _make_familiar(self, name: str, address: str) -> None:
        """Begin again at this address, from which the name is used."""
        self._failures.pop((name, address), None)
        self._familiar[name, address] = None
        self._familiar.move_to_end((name, address))
        _bound(self._familiar, self._remembered)


def _refuse_until(moment: datetime, now: datetime) -> None:
    if moment > now:
        raise too_many_attempts(ceil((moment - now).total_seconds()))


def _bound(known: OrderedDict[Any, Any], remembered: int) -> None:
    while len(known) > remembered:
        known.popitem(last=False)
