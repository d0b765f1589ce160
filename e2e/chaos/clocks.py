"""A machine's clock jumps by days, for seconds, and back: nothing is decided or fired by it."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import grpc
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from e2e.chaos.ground import Ground
from e2e.chaos.load import Caller
from e2e.chaos.process import set_wrong
from e2e.chaos.said import Said, expect
from e2e.city.platform import City
from e2e.journeys.town import FIRST_RESPONSE
from libs.ledger.store.timekeeper import MOST_SKEW
from libs.rpc.failures import RpcFailed

_DAYS = (10, -10)
_SHORT = 25.0
_SOON = timedelta(seconds=20)
_EARLY = timedelta(seconds=MOST_SKEW)
_A_DAY = 86_400.0
_numbers = count()


def jump_server(ground: Ground, chance: random.Random) -> str:
    """The clock of a server: commands are refused until it is right again."""
    server = Said(ground.cluster.processes["cases", "server"])
    person = ground.person("early")
    ahead = _ahead(chance)
    try:
        set_wrong(ground.clocks, "cases", "server", ahead.total_seconds())
        expect(
            ground.silent,
            "cases says by /readyz that its server's clock is wrong",
            lambda: "the clock of this machine is" in server.unready(),
        )
        expect(
            ground.silent,
            "cases says by how much its server's clock is wrong",
            lambda: abs(server.metric("linli_clock_skew_seconds", service="cases")) > _A_DAY,
        )
        expect(ground.silent, "a command is refused with CLOCK_SKEWED", lambda: _skewed(person))
        time.sleep(chance.uniform(0, 2))
    finally:
        set_wrong(ground.clocks, "cases", "server", 0)
        person.client.close()
    return _by(ahead)


def jump_worker(ground: Ground, chance: random.Random) -> str:
    """The clock of a worker: no deadline fires, and then somebody starts the worker anew.

    After a jump by days it would wait for ten minutes more, though its clock is right again.
    """
    worker = ground.cluster.processes["cases", "worker"]
    ahead = _ahead(chance)
    said = Said(worker)
    try:
        set_wrong(ground.clocks, "cases", "worker", ahead.total_seconds())
        _paused(ground, said, "the clock of this machine is")
        time.sleep(chance.uniform(0, 2))
    finally:
        set_wrong(ground.clocks, "cases", "worker", 0)
    _still_paused(ground, said)
    worker.restart()
    return _by(ahead)


def jump_worker_shortly(ground: Ground, chance: random.Random) -> str:
    """The same by less than a minute, and nobody does anything: the clocks go on by themselves.

    A moment falls due within that time. If the wrong clock notices it, it is early, and the checker says so.
    """
    said = Said(ground.cluster.processes["cases", "worker"])
    ahead = timedelta(seconds=chance.choice([_SHORT, -_SHORT]))
    due = _due_soon(ground, chance)
    try:
        set_wrong(ground.clocks, "cases", "worker", ahead.total_seconds())
        if not _EARLY < due - datetime.now(UTC) < timedelta(seconds=_SHORT):
            ground.silent.append(f"no moment falls due within {_SHORT:g} s of the jump: nothing was tried")
        _paused(ground, said, "the clock of this machine is")
    finally:
        set_wrong(ground.clocks, "cases", "worker", 0)
    _still_paused(ground, said)
    expect(
        ground.silent,
        "the clocks of cases go on",
        lambda: said.logged("clocks go on") and said.metric("linli_clocks_paused", service="cases") == 0,
        seconds=3 * _SHORT,
    )
    return _by(ahead)


def _due_soon(ground: Ground, chance: random.Random) -> datetime:
    """When the first response to a case is due, which nobody gives: in some seconds."""
    person = ground.person("soon")
    caller = Caller(f"soon-{time.monotonic_ns()}", person, chance, threading.Event(), pause=0.0)
    try:
        now = datetime.now(UTC)
        case = caller.takes_over(now + _SOON - FIRST_RESPONSE, now)
    finally:
        person.client.close()
    deadline = next(one for one in case.deadlines if one.clock == types.CLOCK_KIND_FIRST_RESPONSE)
    due: datetime = deadline.due_time.ToDatetime(tzinfo=UTC)
    return due


def _paused(ground: Ground, said: Said, why: str) -> None:
    told: dict[str, Callable[[], bool]] = {
        "the worker of cases says by /readyz that its clock is wrong": lambda: why in said.unready(),
        "the clocks of cases are paused, by the metric": lambda: (
            said.metric("linli_clocks_paused", service="cases") == 1
        ),
        "the clocks of cases are paused, in the log": lambda: said.logged("clocks are paused", why),
    }
    for what, says in told.items():
        expect(ground.silent, what, says)


def _still_paused(ground: Ground, said: Said) -> None:
    """The clock is right again, and so is readiness; what fires by it waits to see whether it stays so."""
    expect(ground.silent, "the worker of cases is ready again", lambda: said.process.answers("/readyz"))
    if said.metric("linli_clocks_paused", service="cases") != 1:
        ground.silent.append("the clocks of cases went on at once after a jump")


def _skewed(person: City) -> bool:
    system = f"early-{time.monotonic_ns()}-{next(_numbers)}"
    request = cases.RegisterExternalSystemRequest(request_id=system, system=system)
    try:
        person.cases.register_external_system(request)
    except RpcFailed as failed:
        return failed.code is grpc.StatusCode.UNAVAILABLE and failed.reason == "CLOCK_SKEWED"
    return False


def _ahead(chance: random.Random) -> timedelta:
    return timedelta(days=chance.choice(_DAYS))


def _by(ahead: timedelta) -> str:
    seconds = ahead.total_seconds()
    return f"{abs(seconds):,.0f} s {'ahead' if seconds > 0 else 'back'}"
