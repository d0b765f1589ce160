"""Tells stories to the platform: step by step, with what is refused kept."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from services.command.imports.callers import Callers
from services.command.imports.platform import Services
from services.command.imports.stories import Step, Story

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
    """What came of it. Counts are of this run."""

    opened: int = 0
    advanced: int = 0
    unchanged: int = 0
    past: int = 0
    failed: int = 0
    commands: Counter[str] = field(default_factory=Counter)
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

    def answered(self, step: Step, revision: str) -> None:
        """A command was answered."""
        with self._lock:
            self.commands[step.rpc] += 1
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
            elif story.case_id:
                self.advanced += 1
            else:
                self.opened += 1

    def refuse(self, story: Story, step: Step, failed: RpcFailed) -> None:
        """A request could not be told to its end."""
        with self._lock:
            self.failed += 1
            _keep(
                self.not_told,
                Listed(story.line, story.number, f"{step.rpc}: {failed.reason}: {failed.message}"),
            )


def _keep(listed: list[Listed], one: Listed) -> None:
    if len(listed) < LISTED:
        listed.append(one)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle."""


def tell_all(
    services: Services, stories: Iterable[Story], show: Callable[[Told], None], told: Told | None = None
) -> Told:
    """Tell every story. `show` is called about once a second, and at the end.

    Ctrl-C lets what is under way come to its end, if that takes no longer than a second.
    """
    told = told or Told()
    began = time.monotonic()

    def progress() -> None:
        told.seconds = time.monotonic() - began
        show(told)

    callers = Callers(stories, lambda story: tell(services, story, told))
    try:
        callers.run(progress)
    except KeyboardInterrupt:
        callers.stop(within=1.0)
        raise Interrupted from None
    finally:
        told.seconds = time.monotonic() - began
    show(told)
    return told


def tell(services: Services, story: Story, told: Told) -> None:
    """One story. A refusal ends it and is kept; an outage is waited for by the client.

    Raises `RpcFailed` for what lasts longer, and for what is not about the story.
    """
    case_id, has, sent = story.case_id, "", False
    past = list(story.past)
    steps = list(story.steps)
    if story.reassign is not None and story.case_id:
        steps.insert(0, story.reassign)
    while steps:
        step = steps.pop(0)
        if step.rpc != "OpenCase":
            step.request.case_id = case_id  # type: ignore[attr-defined]  # every other command has it
        try:
            answer = getattr(services.cases, snake_case(step.rpc))(step.request)
        except RpcFailed as failed:
            if failed.passing or failed.code.name in _STOPPING:
                raise
            if story.case_id and failed.reason in _LATE:
                past.append(f"{step.rpc}: {failed.reason}")
                continue
            told.refuse(story, step, failed)
            return
        sent, case_id, has = True, answer.case.case_id, answer.case.body_id
        told.answered(step, answer.revision)
        if step.rpc == "OpenCase" and story.reassign is not None and has != story.body_id:
            steps.insert(0, story.reassign)
    told.done(story, sent=sent, past=past)


def position(revision: str) -> int:
    """Where in the ledger a revision is."""
    return int(revision[1:].partition(".")[0]) if revision else 0
