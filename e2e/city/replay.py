"""Replays the stories of a city through the public API, many at a time, with live progress."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from linli.cases.v1 import cases_service_pb2 as pb

from e2e.city.earlier import Earlier
from e2e.city.history import Story
from e2e.city.los_angeles import SYSTEM
from e2e.city.platform import City
from libs.rpc.failures import RpcFailed
from services.command.imports.callers import Callers
from services.command.imports.loading import hand_over
from services.command.imports.stories import history, rpc_of
from services.command.imports.telling import position as _position

NOTHING = Earlier()


@dataclass(slots=True)
class Replayed:
    """What came of it: case ids by the city's own numbers, refusals, and the newest revision.

    `commands` counts the steps that this run has told, by the rpcs that they are named after; `repeated`
    those that an earlier run had told already, which are answered as the first time. `earlier` cases were
    there, whole, and are not sent again.
    """

    cases: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)  # number, rpc, why
    commands: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    earlier: int = 0
    seconds: float = 0.0
    revision: str = ""
    _stood: int = 0  # where the ledger of cases stood before
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def after(cls, earlier: Earlier) -> "Replayed":
        """What stands at the beginning."""
        return cls(
            cases=dict(earlier.cases),
            earlier=len(earlier.cases),
            revision=earlier.revision,
            _stood=earlier.position,
        )

    @property
    def told(self) -> int:
        """How many stories are through: told to their end now or earlier, or refused."""
        return len(self.cases) + len(self.refused)

    def answered(self, steps: Iterable[pb.ImportedStep], revision: str) -> None:
        """Steps were taken in."""
        with self._lock:
            counted = self.repeated if _position(revision) <= self._stood else self.commands
            counted.update(map(rpc_of, steps))
            self.revision = max(self.revision, revision, key=_position)

    def done(self, story: Story, case_id: str) -> None:
        """One story is told."""
        with self._lock:
            self.cases[story.number] = case_id

    def refuse(self, story: Story, rpc: str, why: RpcFailed) -> None:
        """One story could not be told."""
        with self._lock:
            self.refused.append((story.number, rpc, f"{why.reason}: {why.message}"))


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle: what was done by then, of how many stories."""

    def __init__(self, replayed: Replayed, total: int) -> None:
        super().__init__()
        self.replayed = replayed
        self.total = total


def replay(
    city: City,
    stories: Sequence[Story],
    show: Callable[[Replayed, int], None],
    earlier: Earlier = NOTHING,
) -> Replayed:
    """Tell every story that was not told earlier.

    `show` is called about once a second with what is done and how many there are. Ctrl-C lets the
    stories that are being told come to their end, if that takes no longer than a second, and raises
    `Interrupted`.
    """
    replayed = Replayed.after(earlier)
    left = [story for story in stories if story.number not in earlier.cases]
    began = time.monotonic()

    def progress() -> None:
        replayed.seconds = time.monotonic() - began
        show(replayed, len(stories))

    callers = Callers(left, lambda one: tell(city, one, replayed))
    try:
        callers.run(progress)
    except KeyboardInterrupt:
        callers.stop(within=1.0)
        raise Interrupted(replayed, len(stories)) from None
    finally:
        replayed.seconds = time.monotonic() - began
    show(replayed, len(stories))
    return replayed


def tell(city: City, story: Story, replayed: Replayed) -> None:
    """One story, in one call. A refusal is kept; an outage is waited for by the client.

    The case of an assisted reporter was opened when the volunteers were told of it: the rest is told then.
    """
    steps = story.steps
    while steps:
        try:
            answer = city.cases.import_case(history(SYSTEM, story.number, steps))
        except RpcFailed as failed:
            if failed.passing:
                raise
            if failed.reason == "CASE_EXISTS" and story.assisted and steps is story.steps:
                steps = steps[1:]
                continue
            replayed.refuse(story, rpc_of(steps[int(failed.metadata.get("step", 0))]), failed)
            return
        replayed.answered(steps, answer.revision)
        replayed.done(story, answer.case.case_id)
        return


def finish(city: City, stories: Iterable[Story], revision: str) -> tuple[int, str]:
    """Hand the imported cases to the running clocks, as of the last thing that the file tells.

    Answers how many, and the revision that shows what came of it.
    """
    moments = [moment for story in stories for moment in (story.created, story.ended) if moment]
    if not moments:
        return 0, revision
    return hand_over(city.cases, SYSTEM, max(moments), revision)
