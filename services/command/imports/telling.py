"""Tells stories to the platform: each in one call, with what is refused kept."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from linli.cases.v1 import cases_service_pb2 as pb

from libs.rpc.failures import RpcFailed
from services.command.imports.callers import Callers
from services.command.imports.platform import Services
from services.command.imports.stories import Story, history, rpc_of

_STOPPING = frozenset({"UNAUTHENTICATED", "DEADLINE_EXCEEDED"})
"""They are not about the request: every one after it would be answered so."""
_LATE = frozenset({"OUT_OF_ORDER", "CASE_STATE_FORBIDS"})
LISTED = 1000
"""So many cases of a kind are kept to be listed; all are counted."""


class Listed(NamedTuple):
    """A case that was not told as the file has it, and why."""

    line: int
    number: str
    why: str


@dataclass(slots=True)
class Told:
    """What came of it. Counts are of this run; `steps` by the rpcs that they are named after."""

    opened: int = 0
    advanced: int = 0
    unchanged: int = 0
    past: int = 0
    failed: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    changed_past: list[Listed] = field(default_factory=list)
    not_told: list[Listed] = field(default_factory=list)
    seconds: float = 0.0
    revision: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def told(self) -> int:
        """How many requests are through."""
        return self.opened + self.advanced + self.unchanged + self.past + self.failed

    @property
    def earlier(self) -> int:
        """How many needed nothing."""
        return self.unchanged

    def answered(self, steps: Iterable[pb.ImportedStep], revision: str) -> None:
        """Steps were taken in."""
        with self._lock:
            self.steps.update(map(rpc_of, steps))
            self.revision = max(self.revision, revision, key=position)

    def done(self, story: Story, *, sent: bool, past: Iterable[str]) -> None:
        """A request is through."""
        why = "; ".join(past)
        with self._lock:
            if why:
                self.past += 1
                _keep(self.changed_past, Listed(story.line, story.number, why))
            elif not sent:
                self.unchanged += 1
            elif story.known:
                self.advanced += 1
            else:
                self.opened += 1

    def refuse(self, story: Story, rpc: str, failed: RpcFailed) -> None:
        """A request could not be told to its end."""
        why = f"{rpc}: {failed.reason}: {failed.message}"
        with self._lock:
            self.failed += 1
            _keep(self.not_told, Listed(story.line, story.number, why))


def _keep(listed: list[Listed], one: Listed) -> None:
    if len(listed) < LISTED:
        listed.append(one)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle."""


def tell_all(
    services: Services,
    system: str,
    stories: Iterable[Story],
    show: Callable[[Told], None],
    told: Told | None = None,
) -> Told:
    """Tell every story of a system. `show` is called about once a second, and at the end.

    Ctrl-C lets what is under way come to its end, if that takes no longer than a second.
    """
    told = told or Told()
    began = time.monotonic()

    def progress() -> None:
        told.seconds = time.monotonic() - began
        show(told)

    callers = Callers(stories, lambda story: tell(services, system, story, told))
    try:
        callers.run(progress)
    except KeyboardInterrupt:
        callers.stop(within=1.0)
        raise Interrupted from None
    finally:
        told.seconds = time.monotonic() - began
    show(told)
    return told


def tell(services: Services, system: str, story: Story, told: Told) -> None:
    """One story. Of one that is refused, the steps before the one at fault are told, and the refusal is kept.

    What the platform has otherwise in a known case is passed over, and listed. An outage is waited for by the
    client. Raises `RpcFailed` for what lasts longer, and for what is not about the story.
    """
    past, steps, sent, refused = list(story.past), list(story.steps), False, False
    while steps and not sent:
        try:
            answer = services.cases.import_case(history(system, story.number, steps))
        except RpcFailed as failed:
            if failed.passing or failed.code.name in _STOPPING:
                raise
            at_fault = int(failed.metadata.get("step", 0))
            rpc = rpc_of(steps[at_fault])
            if story.known and failed.reason in _LATE:
                past.append(f"{rpc}: {failed.reason}")
                del steps[at_fault]
                continue
            if not refused:
                told.refuse(story, rpc, failed)
            refused, steps = True, steps[:at_fault]
        else:
            sent = True
            told.answered(steps, answer.revision)
    if not refused:
        told.done(story, sent=sent, past=past)


def position(revision: str) -> int:
    """Where in the ledger a revision is."""
    return int(revision[1:].partition(".")[0]) if revision else 0
