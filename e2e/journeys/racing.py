"""Clients that race: each does at random what may be done with a case, and writes down what came of it.

A racer may run in a thread or in a process of its own; what it writes down can be sent back from there.
"""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import grpc
from linli.cases.v1 import cases_service_pb2 as cases

from e2e.journeys.town import ROADS, WATER
from libs.rpc.client import Client, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import failure_of
from libs.testkit import patience

T = TypeVar("T")
SERVICE = "/linli.cases.v1.CasesService"
AGAIN, CHANGED, CONDITIONAL = 0.25, 0.1, 0.3
"""How often a request is repeated, repeated with other content, or sent on the condition of a revision."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One request, byte for byte, and its answer, or the status and reason of its refusal."""

    actor: str
    rpc: str
    request: bytes
    answer: bytes = b""
    code: str = "OK"
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether it was not refused."""
        return self.code == "OK"

    @property
    def asked(self) -> Any:
        """The request."""
        return _message(f"{self.rpc}Request").FromString(self.request)

    @property
    def answered(self) -> Any:
        """The answer of a request that was not refused."""
        return _message(f"{self.rpc}Response").FromString(self.answer)


def _message(name: str) -> Any:
    return getattr(cases, name)


@dataclass(frozen=True, slots=True)
class Racer:
    """Who races, where, and over what."""

    address: str
    actor: str
    token: str
    case_ids: tuple[str, ...]
    tries: int
    seed: int


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment; the answers in their order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def send(client: Client, actor: str, rpc: str, request: bytes) -> Deed:
    """Send bytes, and keep the bytes of the answer."""
    call: Any = client.channel.unary_unary(f"{SERVICE}/{rpc}")
    try:
        answer = call(
            request, timeout=patience.seconds(30), metadata=(("authorization", f"Bearer {client.token()}"),)
        )
    except grpc.RpcError as error:
        failed = failure_of(rpc, error)
        return Deed(actor, rpc, request, code=failed.code.name, reason=failed.reason)
    return Deed(actor, rpc, request, answer)


def race(racers: Sequence[Racer]) -> list[Deed]:
    """All of them at once, each in a thread and on a connection of its own."""
    return [deed for deeds in at_once([partial(_run, racer) for racer in racers]) for deed in deeds]


def _run(racer: Racer) -> list[Deed]:
    chance = random.Random(racer.seed)
    seen: dict[str, str] = {}
    deeds: list[Deed] = []
    with connect(racer.address, Token(racer.token)) as client:
        for number in range(racer.tries):
            case_id = chance.choice(racer.case_ids)
            rpc, request = _anything(chance)
            request.request_id, request.case_id = f"{racer.actor}-{number}", case_id
            if chance.random() < CONDITIONAL:
                request.if_revision = seen.get(case_id, "")
            deeds += _do(client, racer.actor, rpc, request, chance)
            if deeds[-1].done:
                seen[case_id] = deeds[-1].answered.revision
    return deeds


def _do(client: Client, actor: str, rpc: str, request: Any, chance: random.Random) -> list[Deed]:
    """Send it, sometimes again, sometimes again with other content."""
    first = send(client, actor, rpc, request.SerializeToString())
    deeds = [first]
    if chance.random() < CHANGED and first.done:
        changed = type(request)()
        changed.CopyFrom(request)
        changed.if_revision = f"{changed.if_revision or 'r1.1'}0"
        deeds.append(send(client, actor, rpc, changed.SerializeToString()))
    if chance.random() < AGAIN:
        deeds.append(send(client, actor, rpc, first.request))
    return deeds


def _anything(chance: random.Random) -> tuple[str, Any]:
    """Any command but those that end a case for good."""
    other = cases.ReassignCaseRequest(
        reason="theirs", legal_basis="Decree 7", body_id=chance.choice([WATER, ROADS])
    )
    commands = {
        "AcceptCase": (4, cases.AcceptCaseRequest()),
        "StartWork": (4, cases.StartWorkRequest()),
        "ReturnCase": (1, cases.ReturnCaseRequest(reason="not ours")),
        "ReassignCase": (3, other),
        "PauseCase": (3, cases.PauseCaseRequest(reason="rain", reason_code="weather")),
        "ResumeCase": (3, cases.ResumeCaseRequest()),
        "AddNote": (4, cases.AddNoteRequest(text=f"note {chance.random()}")),
        "ResolveCase": (2, cases.ResolveCaseRequest(outcome_code="resolved")),
        "CloseCase": (2, cases.CloseCaseRequest()),
        "ReopenCase": (4, cases.ReopenCaseRequest(reason="not done")),
    }
    [rpc] = chance.choices(list(commands), [weight for weight, _ in commands.values()])
    return rpc, commands[rpc][1]
