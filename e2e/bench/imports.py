"""Importing history: each case in one call (`ImportCase`), against the single rpcs of its steps."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linli.cases.v1 import cases_service_pb2 as cases
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.bench.figures import Figure, per_second
from e2e.bench.ground import Ground
from e2e.bench.processor import watched
from e2e.city import los_angeles as la
from e2e.city.history import Story
from e2e.city.platform import City
from services.cases.tests.apart import tell_apart
from services.command.imports.callers import CALLERS
from services.command.imports.stories import history
from services.command.imports.telling import position

APART = f"{la.SYSTEM}-apart"
"""The same rows once more, under numbers of another system."""
_ROUNDS = 8


def measure(ground: Ground) -> Figure:
    """All rows both ways, in turns; a turn's cost ends when everybody has heard of everything."""
    ground.loaded()
    with ground.platform() as platform:
        served, city, stories = ground.served(platform), ground.city(platform), ground.stories()
        city.cases.register_external_system(
            cases.RegisterExternalSystemRequest(request_id=f"system-{APART}", system=APART)
        )
        size = len(stories) // _ROUNDS // CALLERS * CALLERS
        turns: list[tuple[Turn, Turn]] = []
        for start in range(0, size * _ROUNDS, size):
            rows = stories[start : start + size]
            together, apart = (_turn(city, served.pid, rows, tell) for tell in (_together, _apart))
            turns.append((together, apart))
    ratios = [together.rate / apart.rate for together, apart in turns]
    at_once, by_steps = (Turn.median(each) for each in zip(*turns, strict=True))
    return Figure(
        name=f"Import of {size * _ROUNDS:,} requests",
        measured=f"each in one call: {at_once}",
        baseline=f"step by step: {by_steps}",
        ratio=statistics.median(ratios),
        busy=f"{_ROUNDS} rounds, with ratios from {min(ratios):.2f} to {max(ratios):.2f}",
        limit="the one process of five services; what views, relay and supervision make of the events costs"
        " the same either way",
    )


@dataclass(frozen=True, slots=True)
class Turn:
    """How many requests a second, and what one cost the platform's processor until all had heard of it."""

    rate: float
    milliseconds: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} requests/s, {self.milliseconds:.1f} ms of the platform's processor each"

    @classmethod
    def median(cls, turns: Sequence["Turn"]) -> "Turn":
        """The middle of several."""
        return cls(
            statistics.median(turn.rate for turn in turns),
            statistics.median(turn.milliseconds for turn in turns),
        )


def _turn(city: City, pid: int, rows: Sequence[Story], tell: "Tell") -> Turn:
    began = time.perf_counter()
    with watched({"linli up": [pid]}) as usage:
        rate, revision = _told(city, rows, tell)
        _settle(city, revision)
        seconds = time.perf_counter() - began
    return Turn(rate, 1000 * usage.cores["linli up"] * seconds / len(rows))


Tell = Callable[[City, Story], str]


def _told(city: City, stories: Sequence[Story], tell: Tell) -> tuple[float, str]:
    """Tell them by as many callers as an import has: how many a second, and the last revision."""
    revisions: list[str] = []

    def one(number: int) -> None:
        revisions.append(tell(city, stories[number]))

    rate = per_second(one, CALLERS, len(stories) // CALLERS)
    return rate, max(revisions, key=position)


def _together(city: City, story: Story) -> str:
    return str(city.cases.import_case(history(la.SYSTEM, story.number, story.steps)).revision)


def _apart(city: City, story: Story) -> str:
    return str(tell_apart(city.cases, history(APART, story.number, story.steps)).revision)


def _settle(city: City, revision: str) -> None:
    """Wait until supervision has heard of it all: the next turn is not to pay for this one."""
    request = supervision.GetScoreboardRequest(group_by=supervision.GROUPING_ALL, cases_at_least=revision)
    city.supervision.get_scoreboard(request)
