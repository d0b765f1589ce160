"""Replays the stories of a city through the public API, many at a time, with live progress."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from e2e.city.earlier import Earlier
from e2e.city.history import Story
from e2e.city.los_angeles import SYSTEM
from e2e.city.platform import City
from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from services.command.imports.callers import Callers
from services.command.imports.loading import hand_over
from services.command.imports.stories import Step
from services.command.imports.telling import position as _position

NOTHING = Earlier()


@dataclass(slots=True)
class Replayed:
    """What came of it: case ids by the city's own numbers, refusals, and the newest revision.

    `commands` counts what this run has sent; `repeated` those that an earlier run had sent already,
    which are answered as the first time. `earlier` cases were there, whole, and are not sent again.
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

    def answered(self, rpc: str, revision: str) -> None:
        """A command was answered."""
        with self._lock:
            position = _position(revision)
            (self.repeated if position <= self._stood else self.commands)[rpc] += 1
            self.revision = max(self.revision, revision, key=_position)

    def done(self, story: Story, case_id: str) -> None:
        """One story is told."""
        with self._lock:
            self.cases[story.number] = case_id

    def refuse(self, story: Story, step: Step, why: RpcFailed) -> None:
        """One story could not be told to its end."""
        with self._lock:
            self.refused.append((story.number, step.rpc, f"{why.reason}: {why.message}"))


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
    """One story, step by step. A refusal ends it and is kept; an outage is waited for by the client."""
    case_id = ""
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
        case_id = answer.case.case_id
        replayed.answered(step.rpc, answer.revision)
    replayed.done(story, case_id)


def finish(city: City, stories: Iterable[Story], revision: str) -> tuple[int, str]:
    """Hand the imported cases to the running clocks, as of the last thing that the file tells.

    Answers how many, and the revision that shows what came of it.
    """
    moments = [moment for story in stories for moment in (story.created, story.ended) if moment]
    if not moments:
        return 0, revision
    return hand_over(city.cases, SYSTEM, max(moments), revision)
