"""A thousand who follow cases in one process, while a hundred events a second are recorded.

Most follow a case of their own, some all their cases, some the public face of the whole city; some have
fallen asleep and never read. Measured is from the recording of an event, by the database's clock, until
each follower has it, decoded, in a process of their own.
"""

import asyncio
import itertools
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_service_pb2 as pb

from e2e.bench.callers import CASES, opening
from e2e.bench.figures import Figure, quantile
from e2e.bench.ground import LOADED, Ground, Served
from e2e.bench.processor import Usage, memory, watched
from libs.ledger.ids import new_id
from libs.rpc.client import connect
from libs.rpc.credentials import Token

FOLLOWERS = 1_000
A_SECOND, WRITERS = 100, 8
NEARLY = 0.98  # of that rate: less than this is another measurement
ASLEEP, OF_THE_CITY, OF_ALL_THEIRS = 20, 20, 80  # of the followers
DATABASE = "cases_followed"
GOAL = 0.3

TURNS = "the one interpreter of the server: a message takes about half a millisecond of it, reading included"


@dataclass(frozen=True, slots=True)
class Follow:
    """What one follower calls, as whom, and whether they read."""

    rpc: str
    request: bytes
    token: str
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """Seconds from recording to screen, one for each event and follower; messages; what went wrong."""

    late: Sequence[float]
    messages: int
    failures: Sequence[str]


def measure(ground: Ground) -> list[Figure]:
    """The followers, then the events, against a server of cases that does nothing else."""
    ground.loaded()
    number, seconds = (200, 5.0) if ground.quick else (FOLLOWERS, 30.0)
    with ground.postgres() as server:
        ground.copy_database(server, LOADED, DATABASE)
        with ground.cases_server(DATABASE) as served:
            cases = _opened(ground, served, number)
            before = memory(served.pid)
            with _Followers(served, _follows(ground, cases, number)) as followers:
                held = memory(served.pid) - before
                with watched({"server": [served.pid], "followers": [followers.pid]}) as usage:
                    written = _written(served, cases, seconds)
                heard = followers.stop()
    return [_lateness(number, written, heard, usage), _held(number, held)]


def _lateness(number: int, written: float, heard: Heard, usage: Usage) -> Figure:
    p99 = quantile(heard.late, 0.99)
    wrong = f"; {len(heard.failures)} streams failed: {heard.failures[0]}" if heard.failures else ""
    return Figure(
        name=f"{number:,} followers, {written:.1f} events/s written",
        measured=f"recorded to screen median {1000 * statistics.median(heard.late):.0f} ms,"
        f" p99 {1000 * p99:.0f} ms ({len(heard.late):,} events heard in {heard.messages:,} messages{wrong})",
        goal=f"p99 under 300 ms at {A_SECOND} events/s",
        reached=p99 < GOAL and written >= NEARLY * A_SECOND and not heard.failures,
        busy=str(usage),
        limit=TURNS,
    )


def _held(number: int, held: float) -> Figure:
    return Figure(
        name="Memory of a follower",
        measured=f"{1024 * held / number:,.0f} KiB of the server's, of {number:,}",
        limit="grpc's call, its buffers and its connection",
    )


def _opened(ground: Ground, served: Served, number: int) -> list[pb.Case]:
    """As many cases, begun, each by a resident of its own."""
    cases = []
    with connect(served.address, Token(served.token)) as staff:
        for each in range(number):
            with connect(served.address, Token(ground.token("RESIDENT", f"resident-{each}"))) as resident:
                case = _cases(resident).open_case(opening(each)).case
            _cases(staff).start_work(pb.StartWorkRequest(request_id=new_id(), case_id=case.case_id))
            cases.append(case)
    return cases


def _cases(client: Any) -> Any:
    return client.service(pb.DESCRIPTOR.services_by_name["CasesService"])


def _follows(ground: Ground, cases: Sequence[pb.Case], number: int) -> list[Follow]:
    share = number / FOLLOWERS
    asleep, city, theirs = (round(share * many) for many in (ASLEEP, OF_THE_CITY, OF_ALL_THEIRS))
    follows = []
    for each, case in enumerate(cases):
        rpc, request = "FollowCase", pb.FollowCaseRequest(case_id=case.case_id).SerializeToString()
        if each < city + asleep:
            rpc, request = (
                "FollowPublicCases",
                pb.FollowPublicCasesRequest(area_path="la").SerializeToString(),
            )
        elif each < city + asleep + theirs:
            rpc, request = "FollowMyCases", b""
        token = ground.token("RESIDENT", case.reporter_id)
        follows.append(Follow(rpc, request, token, reads=each >= asleep))
    return follows


def _written(served: Served, cases: Sequence[pb.Case], seconds: float) -> float:
    """Pause and resume cases in turn, a hundred a second by several callers; how many a second it was."""
    began = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        shares = [pool.submit(_write, served, cases, place, began, seconds) for place in range(WRITERS)]
        return sum(share.result() for share in shares) / (time.perf_counter() - began)


def _write(served: Served, cases: Sequence[pb.Case], place: int, began: float, seconds: float) -> int:
    """Each caller has cases and turns of its own, and catches up where it is late; how many it wrote."""
    mine, done = cases[place::WRITERS], 0
    with connect(served.address, Token(served.token)) as client:
        stub = _cases(client)
        for pauses in itertools.cycle((True, False)):
            for case in mine:
                due = (place + done * WRITERS) / A_SECOND
                time.sleep(max(0.0, began + due - time.perf_counter()))
                if due >= seconds or time.perf_counter() - began >= seconds:
                    return done
                _pause(stub, case) if pauses else _resume(stub, case)
                done += 1
    raise AssertionError


def _pause(stub: Any, case: pb.Case) -> None:
    stub.pause_case(
        pb.PauseCaseRequest(request_id=new_id(), case_id=case.case_id, reason="frost", reason_code="weather")
    )


def _resume(stub: Any, case: pb.Case) -> None:
    stub.resume_case(pb.ResumeCaseRequest(request_id=new_id(), case_id=case.case_id))


class _Followers:
    """All followers, in a process of their own."""

    def __init__(self, served: Served, follows: Sequence[Follow]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, served.address, follows)
        self._process = context.Process(target=_follow, args=arguments, daemon=True)

    @property
    def pid(self) -> int:
        """Of their process."""
        assert self._process.pid is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self._process.start()
        assert self._pipe.recv() == "all follow"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(timeout=10)

    def stop(self) -> Heard:
        """What they heard."""
        time.sleep(2.0)  # the last events are on their way
        self._pipe.send("stop")
        heard: Heard = self._pipe.recv()
        return heard


def _follow(pipe: "Connection[Any, Any]", address: str, follows: Sequence[Follow]) -> None:
    """The life of their process."""
    asyncio.run(_followed(pipe, address, follows))


async def _followed(pipe: "Connection[Any, Any]", address: str, follows: Sequence[Follow]) -> None:
    late, failures, messages = list[float](), list[str](), 0
    begun = 0
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(10)]

    async def listen(number: int, follow: Follow) -> None:
        nonlocal messages, begun
        call = _call(channels[number % len(channels)], follow)
        try:
            await call.read()
            begun += 1
            if not follow.reads:
                await asyncio.Event().wait()
            async for answer in _news(call):
                messages += 1
                now = time.time()
                late.extend(now - _seconds(change.recorded_time) for change in answer.changes)
        except grpc.aio.AioRpcError as failure:
            failures.append(f"{follow.rpc}: {failure.code().name} {failure.details()}")

    tasks = []
    for number, follow in enumerate(follows):
        tasks.append(asyncio.create_task(listen(number, follow)))
        await asyncio.sleep(0.002)
    while begun < len(follows) and not failures:
        await asyncio.sleep(0.05)
    late.clear()
    pipe.send("all follow")
    await asyncio.to_thread(pipe.recv)
    pipe.send(Heard(late, messages, failures))
    for task in tasks:
        task.cancel()


def _call(channel: grpc.aio.Channel, follow: Follow) -> Any:
    answers: dict[str, Any] = {
        "FollowCase": pb.FollowCaseResponse,
        "FollowMyCases": pb.FollowMyCasesResponse,
        "FollowPublicCases": pb.FollowPublicCasesResponse,
    }
    stub: Any = channel.unary_stream(CASES + follow.rpc, response_deserializer=answers[follow.rpc].FromString)
    return stub(follow.request, metadata=(("authorization", f"Bearer {follow.token}"),))


async def _news(call: Any) -> AsyncIterator[Any]:
    while (answer := await call.read()) is not grpc.aio.EOF:
        yield answer


def _seconds(moment: Timestamp) -> float:
    return moment.seconds + moment.nanos / 1e9
