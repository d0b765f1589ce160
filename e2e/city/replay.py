"""Replays the stories of a city through the public API, many at a time, with live progress."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from linli.cases.v1 import cases_service_pb2 as cases

from e2e.city.history import Step, Story
from e2e.city.los_angeles import SYSTEM
from e2e.city.platform import City
from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case

CALLERS = 16


@dataclass(slots=True)
class Replayed:
    """What came of it: case ids by the city's own numbers, refusals, and the newest revision."""

    cases: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)  # number, rpc, why
    commands: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    revision: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def done(self, story: Story, case_id: str, commands: Sequence[str], revision: str) -> None:
        """One story is told."""
        with self._lock:
            self.cases[story.number] = case_id
            self.commands.update(commands)
            self.revision = max(self.revision, revision, key=_position)

    def refuse(self, story: Story, step: Step, why: RpcFailed) -> None:
        """One story could not be told to its end."""
        with self._lock:
            self.refused.append((story.number, step.rpc, f"{why.reason}: {why.message}"))


def replay(city: City, stories: Sequence[Story], show: Callable[[Replayed, int], None]) -> Replayed:
    """Tell every story; `show` is called about once a second with what is done and how many there are."""
    replayed = Replayed()
    began = time.monotonic()
    finished = threading.Event()

    def progress() -> None:
        while not finished.wait(1.0):
            replayed.seconds = time.monotonic() - began
            show(replayed, len(stories))

    ticker = threading.Thread(target=progress, daemon=True)
    ticker.start()
    try:
        with ThreadPoolExecutor(CALLERS) as callers:
            for failure in callers.map(lambda story: tell(city, story, replayed), stories):
                assert failure is None
    finally:
        finished.set()
        ticker.join()
    replayed.seconds = time.monotonic() - began
    show(replayed, len(stories))
    return replayed


def tell(city: City, story: Story, replayed: Replayed) -> None:
    """One story, step by step. A refusal ends it and is kept; an outage is waited for by the client."""
    case_id, revision, told = "", "", []
    for step in story.steps:
        if "case_id" in step.request.DESCRIPTOR.fields_by_name:
            step.request.case_id = case_id  # type: ignore[attr-defined]  # looked up just now
        try:
            answer = getattr(city.cases, snake_case(step.rpc))(step.request)
        except RpcFailed as failed:
            if failed.passing:
                raise
            replayed.refuse(story, step, failed)
            return
        case_id, revision = answer.case.case_id, answer.revision
        told.append(step.rpc)
    replayed.done(story, case_id, told, revision)


def finish(city: City, stories: Iterable[Story], revision: str) -> tuple[int, str]:
    """Hand the imported cases to the running clocks, as of the last thing that the file tells.

    Answers how many, and the revision that shows what came of it.
    """
    moments = [moment for story in stories for moment in (story.created, story.ended) if moment]
    if not moments:
        return 0, revision
    request = cases.FinishImportRequest(system=SYSTEM, at_least=revision)
    request.as_of_time.FromDatetime(max(moments))
    released: int = 0
    while True:
        answer = city.cases.finish_import(request)
        released += int(answer.released)
        if not answer.remaining:
            return released, answer.revision or revision


def _position(revision: str) -> int:
    return int(revision[1:].partition(".")[0]) if revision else 0
