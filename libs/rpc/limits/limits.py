"""Who uses how much of this server now, and what is refused beyond a quota."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc

from libs.rpc.errors import Exceeded, Failure, Rejected
from libs.rpc.limits.quota import ADDRESS, Quota
from libs.rpc.workers import CallerQueue
from libs.telemetry import metrics

_AFTER_A_PAUSE = 2.0
"""Seconds whose calls may come all at once after a pause."""
_RETRY = 0.5
"""Seconds until a place may be free again."""


class Account:
    """What one caller uses of this process."""

    __slots__ = ("calls", "left", "name", "queue", "seen", "streams", "who")

    def __init__(self, who: str, name: str, left: float, now: float) -> None:
        """`who` it is (`caller:…`, `address:…`), under which `name` refusals are counted; `left`: calls."""
        self.who = who
        self.name = name
        self.left = left
        self.seen = now
        self.calls = 0
        self.streams = 0
        self.queue = CallerQueue()


class Limits:
    """The accounts of all callers: of those who use something now, and of the last that did."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._lock = threading.Lock()

    def call(self, who: str, quota: Quota, name: str = "others") -> Account:
        """Begin a call. Raises Rejected (RESOURCE_EXHAUSTED) beyond the quota; else `end_call` it."""
        with self._lock:
            account = self._counted(who, quota, name)
            if account.calls >= quota.concurrent_calls:
                raise _refusal(account, "concurrent_calls", quota.concurrent_calls, _RETRY)
            self._spend(account, quota)
            account.calls += 1
        return account

    def end_call(self, account: Account) -> None:
        """End a call."""
        with self._lock:
            account.calls -= 1

    @contextmanager
    def of_address(self, address: str) -> Iterator[Rejected | None]:
        """While a call without a token is served: None, or its refusal beyond the quota of its address."""
        try:
            account = self.call(f"address:{address}", ADDRESS, "anonymous")
        except Rejected as refusal:
            yield refusal
            return
        try:
            yield None
        finally:
            self.end_call(account)

    def stream(self, who: str, quota: Quota, name: str = "others") -> Account:
        """Begin a stream. Raises Rejected (RESOURCE_EXHAUSTED) beyond the quota; else `end_stream` it."""
        with self._lock:
            account = self._counted(who, quota, name)
            if account.streams >= quota.streams:
                raise _refusal(account, "streams", quota.streams, _RETRY)
            self._spend(account, quota)
            account.streams += 1
        return account

    def end_stream(self, account: Account) -> None:
        """End a stream."""
        with self._lock:
            account.streams -= 1

    def _counted(self, who: str, quota: Quota, name: str) -> Account:
        """The caller's account, with the calls that time has given back."""
        now, rate = self._clock(), quota.calls_per_second
        account = self._accounts.get(who)
        if account is None:
            account = self._accounts[who] = Account(who, name, _AFTER_A_PAUSE * rate, now)
            if len(self._accounts) > self._most:
                self._forget()
        else:
            account.left = min(_AFTER_A_PAUSE * rate, account.left + (now - account.seen) * rate)
            account.seen = now
            self._accounts.move_to_end(who)
        return account

    @staticmethod
    def _spend(account: Account, quota: Quota) -> None:
        if account.left < 1.0:
            wait = (1.0 - account.left) / quota.calls_per_second
            raise _refusal(account, "calls_per_second", quota.calls_per_second, wait)
        account.left -= 1.0

    def _forget(self) -> None:
        """Forget a tenth of the accounts that nobody uses now: those unused longest."""
        unused = [who for who, each in self._accounts.items() if not (each.calls or each.streams)]
        for who in unused[: max(1, self._most // 10)]:
            del self._accounts[who]


_SAYS = {
    "calls_per_second": "at most {} calls per second",
    "concurrent_calls": "at most {} calls at the same time",
    "streams": "at most {} streams at the same time",
}


def _refusal(account: Account, quota: str, limit: int, retry_after: float) -> Rejected:
    metrics.limited(account.name, quota)
    says = _SAYS[quota].format(limit)
    failure = Failure(
        code=grpc.StatusCode.RESOURCE_EXHAUSTED,
        reason="QUOTA_EXCEEDED",
        message=f"your quota is used up: {says} with this server; try again in a moment",
        facts={"quota": quota, "limit": str(limit)},
        exceeded=Exceeded(account.who, says),
        retry_after=max(0.001, retry_after),
    )
    return Rejected(failure)
