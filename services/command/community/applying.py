"""Steps are done: call by call, again while a neighbour has not heard, and never twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.rpc.client import ServiceStub
from libs.rpc.failures import RpcFailed
from services.command.community.steps import Call, Step

HEARD_WITHIN = 60.0
DEADLINE = 180.0
"""Seconds for one command: a large boundary is compared with those around it."""
_PAUSE = 0.1


class Applying:
    """Does steps, and remembers how far each service has got."""

    def __init__(self, stubs: Mapping[str, ServiceStub], heard_within: float = HEARD_WITHIN) -> None:
        self._stubs = stubs
        self._heard_within = heard_within
        self.revisions: dict[str, str] = {}
        self._now: dict[str, str] = {}  # what has become of a revision by a command of ours

    def do(self, steps: Sequence[Step], told: Callable[[int, Step], None]) -> None:
        """All of them, in order; `told` hears before each how many were done. Raises `RpcFailed`."""
        for number, step in enumerate(steps):
            told(number, step)
            for call in step.calls:
                self.send(call)

    def send(self, call: Call) -> Any:
        """Send one command; again while what it names has not been heard of by its service."""
        at = self._now.get(call.since, call.since)
        command = getattr(self._stubs[call.service], call.rpc)
        deadline = time.monotonic() + self._heard_within
        while True:
            try:
                answer = command(call.sent(at), deadline=DEADLINE)
            except RpcFailed as failed:
                waiting = failed.passing or failed.reason.endswith("_UNKNOWN")
                if not waiting or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                self.revisions[call.service] = answer.revision
                if call.bound:
                    self._now[call.since] = answer.revision
                return answer
