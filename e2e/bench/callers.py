"""Callers in processes of their own, so that the interpreter of one client limits nobody.

Each caller sends its next rpc when the last one is answered. Requests are bytes made ahead as far as
possible, over grpc's bare stubs: what is measured is the server.
"""

import itertools
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Self

import grpc
from grpc_health.v1 import health_pb2
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as catalog
from linli.types.v1 import types_pb2

from e2e.bench.figures import quantile
from e2e.bench.ground import Served
from e2e.bench.processor import Usage, watched
from libs.ledger.ids import new_id
from libs.rpc.client import Patience
from libs.rpc.failures import failure_of

CASES = "/linli.cases.v1.CasesService/"
PLACES = ((34.0522, -118.2437), (34.1016, -118.3269), (33.9425, -118.2551), (34.2011, -118.5350))
AFFAIRS = ("bulky-items", "graffiti-removal", "illegal-dumping-pickup", "single-streetlight-issue")

Send = Callable[[str, bytes], bytes]
"""Calls an rpc by its path."""


def no_op(send: Send, _number: int) -> None:
    """An rpc that does nothing, and goes the way of all others."""
    send("/linli.bench.NoOpService/DoNothing", b"")


def health(send: Send, _number: int) -> None:
    """Health checks: they pass by most of what is ours."""
    send("/grpc.health.v1.Health/Check", b"")


def open_case(send: Send, number: int) -> str:
    """A report with texts and a location; answers the case's id."""
    answer = send(f"{CASES}OpenCase", opening(number).SerializeToString())
    return pb.OpenCaseResponse.FromString(answer).case.case_id


def lifecycle(send: Send, number: int) -> None:
    """Open (which routes), accept, start, answer, resolve, read: six rpcs. It closes by itself in a week."""
    case_id = open_case(send, number)
    for rpc, request in (
        ("AcceptCase", pb.AcceptCaseRequest(request_id=new_id(), case_id=case_id)),
        ("StartWork", pb.StartWorkRequest(request_id=new_id(), case_id=case_id)),
        ("AnswerReporter", pb.AnswerReporterRequest(request_id=new_id(), case_id=case_id, text="We come.")),
        ("ResolveCase", _resolving(case_id)),
        ("GetCase", pb.GetCaseRequest(case_id=case_id)),
    ):
        answer = send(CASES + rpc, request.SerializeToString())
    assert pb.GetCaseResponse.FromString(answer).case.state == types.CASE_STATE_RESOLVED


def _resolving(case_id: str) -> pb.ResolveCaseRequest:
    photo = types.EvidenceReference(
        kind=catalog.EVIDENCE_KIND_PHOTO, digest=new_id() * 2, media_type="image/jpeg", size=48_213
    )
    return pb.ResolveCaseRequest(
        request_id=new_id(),
        case_id=case_id,
        outcome_code="resolved",
        outcome="Taken away.",
        evidence=[photo],
    )


def opening(number: int) -> pb.OpenCaseRequest:
    """The report number so and so."""
    latitude, longitude = PLACES[number % len(PLACES)]
    return pb.OpenCaseRequest(
        request_id=new_id(),
        affair_id=AFFAIRS[number % len(AFFAIRS)],
        channel=types.CHANNEL_WEB,
        description="Sofa and two mattresses on the pavement, blocking the ramp. 两张床垫挡住了坡道。",
        location=types_pb2.Point(latitude=latitude, longitude=longitude),
        address="1200 W 7TH ST, 90017",
    )


def outlasting(send: Send) -> Send:
    """The documented retry: after a passing refusal the same request again, which takes effect once."""
    patience = Patience(tries=13)

    def patiently(path: str, request: bytes) -> bytes:
        tries = 1
        while True:
            try:
                return send(path, request)
            except grpc.RpcError as error:
                failed = failure_of(path, error)
                if not failed.passing or tries == patience.tries:
                    raise
            _refused.append(path)
            time.sleep(patience.pause(tries, failed.retry_after))
            tries += 1

    return patiently


def outlasting_lifecycle(send: Send, number: int) -> None:
    """The same by people who try again, as the partners' manual says."""
    lifecycle(outlasting(send), number)


_refused: list[str] = []
"""The calls of this process that were refused for the moment, since the last measurement began."""
WORK: Mapping[str, Callable[[Send, int], object]] = {
    "no-op": no_op,
    "health": health,
    "open": open_case,
    "lifecycle": lifecycle,
    "outlasting": outlasting_lifecycle,
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many a second, how long one took (seconds), and who was busy meanwhile.

    `refused`: how many calls were refused for the moment, and sent again.
    """

    rate: float
    seconds: Sequence[float]
    usage: Usage
    refused: int = 0

    @property
    def median(self) -> float:
        """The usual time of one."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """What one in a hundred exceeds."""
        return quantile(self.seconds, 0.99)


@dataclass(slots=True)
class Callers:
    """Some processes with some threads each, that call one server. Close them at the end."""

    server: Served
    threads: int
    processes: int = 4
    _running: list[tuple[Any, "Connection[Any, Any]"]] = field(default_factory=list)

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        for number in range(self.processes):
            ours, theirs = context.Pipe()
            arguments = (theirs, self.server.address, self.server.token, number)
            process = context.Process(target=_call, args=arguments, daemon=True)
            process.start()
            self._running.append((process, ours))
        for _, pipe in self._running:
            assert pipe.recv() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        for process, pipe in self._running:
            pipe.send(None)
            process.join(timeout=10)

    def run(self, work: str, seconds: float, *, every: float = 0.0, threads: int = 0) -> Rate:
        """Let all of them (or `threads` of each process) do the work for so long.

        Each begins anew when it is done, or `every` so many seconds if that is later.
        """
        pids = {
            "server": [self.server.pid],
            "callers": [process.pid for process, _ in self._running],
            "PostgreSQL": [self.server.postgres],
        }
        with watched(pids) as usage:
            for _, pipe in self._running:
                pipe.send((work, seconds, every, threads or self.threads))
            answers = [pipe.recv() for _, pipe in self._running]
        failures = [failure for _, _, failure, _ in answers if failure]
        if failures:
            raise RuntimeError(failures[0])
        took = [one for times, _, _, _ in answers for one in times]
        rate = sum(len(times) / lasted for times, lasted, _, _ in answers)
        return Rate(rate, took, usage, sum(refused for *_, refused in answers))


def _call(pipe: "Connection[Any, Any]", address: str, token: str, number: int) -> None:
    """The life of one process of callers."""
    channels = [
        grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(2)
    ]
    sends = [_sender(channel, token) for channel in channels]
    sends[0]("/grpc.health.v1.Health/Check", health_pb2.HealthCheckRequest().SerializeToString())
    numbers = itertools.count(number * 7)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        work, seconds, every, many = order
        pipe.send(_measure(WORK[work], seconds, every, [sends[i % 2] for i in range(many)], numbers))


def _measure(
    work: Callable[[Send, int], object],
    seconds: float,
    every: float,
    sends: Sequence[Send],
    numbers: "itertools.count[int]",
) -> tuple[list[float], float, str, int]:
    _refused.clear()
    took: list[float] = []
    failures: list[str] = []
    began = time.perf_counter()

    def run(send: Send, place: int) -> None:
        time.sleep(every * place / len(sends))  # not all at once
        try:
            while (start := time.perf_counter()) - began < seconds:
                work(send, next(numbers))
                took.append(time.perf_counter() - start)
                time.sleep(max(0.0, min(start + every, began + seconds) - time.perf_counter()))
        except Exception as failure:  # noqa: BLE001  # told by the parent, whatever it is
            failures.append(f"{type(failure).__name__}: {failure}")

    threads = [threading.Thread(target=run, args=(send, place)) for place, send in enumerate(sends)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, time.perf_counter() - began, failures[0] if failures else "", len(_refused)


def _sender(channel: grpc.Channel, token: str) -> Send:
    metadata = (("authorization", f"Bearer {token}"),)
    calls: dict[str, Any] = {}

    def send(path: str, request: bytes) -> bytes:
        call = calls.get(path)
        if call is None:
            call = calls[path] = channel.unary_unary(path)
        answer: bytes = call(request, timeout=30, metadata=metadata)
        return answer

    return send
