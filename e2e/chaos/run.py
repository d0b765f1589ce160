"""A run: load, faults at random moments, the time until all is well after each, and the verdict."""

import random
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from e2e.chaos.broken import Broken
from e2e.chaos.checker import check
from e2e.chaos.evidence import Loss, collect
from e2e.chaos.load import Caller, Load
from e2e.chaos.losses import come_back
from e2e.chaos.recovery import Progress, until_recovered, until_settled

Say = Callable[[str], None]
G = TypeVar("G", bound=Broken)
F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run: `findings` is all that is wrong, in sentences; `losses` what was lost by nature."""

    findings: list[str]
    recovered: Mapping[str, list[float]]
    acknowledged: int
    again: int
    effects: int
    losses: Sequence[Loss]
    turned: int


def run(
    ground: G,
    faults: Iterable[tuple[str, Callable[[G, random.Random], str]]],
    chance: random.Random,
    say: Say,
    *,
    callers: int = 4,
    pause: float = 0.15,
) -> Outcome:
    """Let `callers` work, `pause` seconds between their stories, make the faults, and judge what is left."""
    progress = Progress(ground.services)
    with _load(ground, chance, callers, pause) as load:
        recovered = _break(ground, faults, chance, say, progress, load)
    until_settled(progress)
    come_back(ground, load.told)
    evidence = collect(ground.services.values())
    effects = sum(
        event.metadata.actor == f"service:{one.name}" for one in evidence.values() for event in one.events
    )
    return Outcome(
        findings=load.failed + ground.silent + check(evidence, load.told, ground.losses, load.turned),
        recovered=recovered,
        acknowledged=len(load.told),
        again=load.again,
        effects=effects,
        losses=ground.losses,
        turned=len(load.turned),
    )


def _break(
    ground: G,
    faults: Iterable[tuple[str, Callable[[G, random.Random], str]]],
    chance: random.Random,
    say: Say,
    progress: Progress,
    load: Load,
) -> dict[str, list[float]]:
    """Make the faults, one after the other, and wait after each until all is well; how long that took."""
    recovered: dict[str, list[float]] = defaultdict(list)
    began = time.monotonic()
    for name, fault in faults:
        time.sleep(chance.uniform(0.2, 1.5))
        assert not load.failed, load.failed
        at = time.monotonic() - began
        hit = fault(ground, chance)
        lasted = time.monotonic() - began - at
        took = until_recovered(ground, progress)
        recovered[name].append(took)
        whom = f" ({hit})" if hit else ""
        say(f"{at:6.1f} s  {name}{whom}, over after {lasted:.1f} s: all well {took:.1f} s later")
    return dict(recovered)


def in_turn(faults: Mapping[str, F], chance: random.Random, minutes: float) -> Iterator[tuple[str, F]]:
    """All faults again and again for so long, each round in another order; the round begun is finished."""
    ends = time.monotonic() + 60 * minutes
    while time.monotonic() < ends:
        yield from once_each(faults, chance)


def once_each(faults: Mapping[str, F], chance: random.Random) -> list[tuple[str, F]]:
    """Each fault once, in a random order."""
    return chance.sample(list(faults.items()), len(faults))


def _load(ground: Broken, chance: random.Random, callers: int, pause: float) -> Load:
    stop, crowd = threading.Event(), secrets.token_hex(3)  # nobody uses a request_id of another run's
    people = [
        Caller(name, ground.person(name), random.Random(chance.random()), stop, pause, ground.gate)
        for name in (f"{crowd}-{number}" for number in range(callers))
    ]
    return Load(people, stop)
