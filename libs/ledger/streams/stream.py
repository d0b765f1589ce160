"""One stream at a time: load, decide, append; and again if somebody else was faster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Decider, Refusal
from libs.ledger.errors import VersionConflict
from libs.ledger.ids import stream_name
from libs.ledger.recorded import Checkpoint, Context, Recorded, utc_now
from libs.ledger.revision import Revision
from libs.ledger.store.ledger import Append, Appended, Ledger
from libs.ledger.store.unit import Effect
from libs.ledger.streams.decision import (
    Ask,
    Decision,
    Handled,
    Loaded,
    Permit,
    Step,
    concurrent_change,
    out_of_reach,
    request_id_reused,
    revision_mismatch,
)
from libs.ledger.streams.folded import Folded
from libs.ledger.streams.requests import request_key
from libs.ledger.streams.states import States
from libs.rules.areas import within
from libs.telemetry import instrumentation

__all__ = ["Handled", "Loaded", "Permit", "Step", "Stream", "Task", "handle_many"]

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

_CONFLICTS = 3
_AT_ONCE = 200  # events of a stream that a batch reads without looking for a snapshot


class Stream(Generic[C, S, E]):
    """All streams of one kind: `Stream(ledger, CASE)` handles every case.

    States are cached. A command is decided on the cached state at once: if that was out of date,
    the append conflicts and is decided again on the newest; an answer that appends nothing (a
    refusal, a repetition, "nothing happened") is given only on a state read from the store.
    """

    def __init__(
        self,
        ledger: Ledger,
        decider: Decider[C, S, E],
        *,
        clock: Callable[[], datetime] = utc_now,
        cache_size: int = 5_000,
        snapshot_every: int = 200,
        area: Callable[[S], str | None] | None = None,
    ) -> None:
        """`area` tells from the state where the subject lies; where it cannot, the context says."""
        self.ledger = ledger
        self.decider = decider
        self._clock = clock
        self._area = area
        self._instruments = instrumentation.Commands(ledger.service, decider.category)
        self.states: States[S, E] = States(ledger, decider, cache_size, snapshot_every)

    # Writing

    def handle(
        self,
        subject_id: str,
        command: C,
        context: Context,
        permit: Permit[S] | None = None,
        if_revision: str | None = None,
        *,
        if_new: Callable[[], None] | None = None,
        expect_new: bool = False,
    ) -> Handled[S, E]:
        """Decide on a command and append what happens.

        The same `context.request_id` with the same content returns the first answer and appends
        nothing, for as long as the stream lives. `permit` is called with the state that the
        command meets, then the guard of the context: nothing is decided before. `if_new` may refuse
        a request that is not a repetition: what it looks at may have changed since the first answer.
        `expect_new` saves a read where the stream is most likely new.

        Raises `Refusal` of the decider, or ID_INVALID, REQUEST_ID_REUSED, REVISION_MISMATCH,
        REVISION_MALFORMED, HISTORY_CHANGED, CONCURRENT_CHANGE; and the ledger's `LedgerUnavailable`, also
        where the clock of this process is wrong: it decides nothing, and refuses nobody for good.
        """
        step = Step(command=command, context=context, permit=permit)
        ask = Ask(steps=[self.concealed(step)], if_revision=if_revision, if_new=if_new)
        return self._answer(self.name(subject_id), ask, expect_new)

    def handle_all(
        self,
        subject_id: str,
        steps: Sequence[Step[C, S]],
        *,
        if_new: Callable[[], None] | None = None,
        expect_new: bool = False,
    ) -> Handled[S, E]:
        """Decide on the commands of one request in order, and append what happens: everything or nothing.

        Each step meets the state that the ones before it left; its permit and the guard of its context are
        asked on that state. The contexts have the request in common. Repeated, it returns the first answer
        once the first step's permit and guard allow it.

        Raises like `handle`. A refusal of a step names it: `facts["step"]`, counted from 0.
        """
        ask = Ask(steps=[self.concealed(step) for step in steps], if_new=if_new, numbered=True)
        return self._answer(self.name(subject_id), ask, expect_new)

    def _answer(self, name: str, ask: Ask[C, S], expect_new: bool) -> Handled[S, E]:
        command = type(ask.steps[0].command).__name__ + " and more" * (len(ask.steps) > 1)
        with self._instruments.command(command, name) as span:
            handled = self._handle(name, ask, expect_new)
            span.outcome = "repeated" if handled.repeated else "appended" if handled.events else "nothing"
        return handled

    def _handle(self, name: str, ask: Ask[C, S], expect_new: bool) -> Handled[S, E]:
        folded, newest = self._begin(name, expect_new)
        for _ in range(_CONFLICTS + 1):
            decision = self._try(name, folded, ask, newest)
            if decision is None:  # an answer to be given only on the newest state
                folded = self.states.catch_up(name, folded)
                decision = self._try(name, folded, ask, newest=True)
                assert decision is not None  # noqa: S101  # on the newest state there is always an answer
            if not decision.appends():
                return decision.handled()
            try:
                return self._append(decision)
            except VersionConflict:
                folded, newest = self.states.catch_up(name, folded), True
            except Refusal:  # of a key that was destroyed: the request may be a repetition all the same
                if newest:
                    raise
                folded, newest = self.states.catch_up(name, folded), True
        raise concurrent_change(name)

    def concealed(self, step: Step[C, S]) -> Step[C, S]:
        """The step with its context as it is kept: with the digest of the request keyed by our secret.

        The digest stays with the event for ever. Unkeyed, a guess at what was in the request (a
        password, the name of somebody who was erased) could be checked against it.
        """
        digest = step.context.request_digest
        if digest is None:
            return step
        kept = replace(step.context, request_digest=self.ledger.keys.digest("request", digest))
        return replace(step, context=kept)

    def _begin(self, name: str, expect_new: bool) -> tuple[Folded[S], bool]:
        """The state to decide on first, and whether it is known to be the newest."""
        cached = self.states.cached(name)
        if cached is not None:
            return cached, False
        if expect_new:
            return self.states.blank(), False
        return self.states.newest(name), True

    def _try(self, name: str, folded: Folded[S], ask: Ask[C, S], newest: bool) -> Decision[S, E] | None:
        try:
            decision = self.decide(name, folded, ask)
        except Refusal:
            if newest:
                self.ledger.refuse_skewed()
                raise
            return None
        return decision if newest or decision.appends() else None

    def decide(self, name: str, folded: Folded[S], ask: Ask[C, S]) -> Decision[S, E]:
        """What the commands of a request come to on this version."""
        context = ask.context
        known = None
        if context.request_id is not None and not ask.goes_on:
            known = self.states.answered(name, folded, request_key(context.request_id, context.actor))
        if known is not None:
            if not known.is_repeated_by(context):
                raise request_id_reused(str(context.request_id))
            return self._repeat(name, folded, known.first, known.last, ask)
        if ask.if_revision and not _is_of(folded, self.ledger.seen(ask.if_revision, "if_revision")):
            raise revision_mismatch(folded)
        ask.begin()
        decision: Decision[S, E] = Decision(name=name, before=folded, after=folded)
        for number, step in enumerate(ask.steps):
            try:
                decision = self._with_step(decision, step)
            except Refusal as refusal:
                ask.name(refusal, number)
                raise
        return decision

    def _with_step(self, decision: Decision[S, E], step: Step[C, S]) -> Decision[S, E]:
        """The same with what one command comes to on the state that it meets."""
        folded = decision.after
        state = folded.state
        step.allow(lambda: state)
        events = () if step.is_left_out(state) else tuple(self.decider.decide(step.command, state))
        if not events:
            return decision
        context, now = step.context, self._clock()
        if self._area is not None and (area := self._area(state)):
            context = replace(context, area=area)
        metadata = [context.metadata(now) for _ in events]
        after = folded.with_new(events, metadata, self.decider.evolve)
        if context.within:
            self._require_within(context, after.state)
        return decision.then(events, metadata, after)

    def _require_within(self, context: Context, after: S) -> None:
        """Refuse (OUT_OF_REACH) what lies outside the area of the context, by the state that comes of it."""
        lies_in = context.area or (self._area(after) if self._area is not None else None)
        if not within(lies_in, context.within):
            raise out_of_reach(lies_in)

    def _repeat(self, name: str, folded: Folded[S], first: int, last: int, ask: Ask[C, S]) -> Decision[S, E]:
        """The answer of the first time, to whom it was permitted the first time.

        The stream may be long: what was before is read only for those who ask for a state.
        """
        answer = self.ledger.read_stream(name, after=first - 1, until=last)
        before = cache(lambda: self.states.at(name, first - 1))
        ask.allow_again(lambda: before().state)
        return Decision(
            name=name,
            before=folded,
            after=replace(folded, version=last, position=answer[-1].position),
            events=[recorded.event for recorded in answer],
            repeated=True,
            state_then=cache(lambda: self.states.after(before(), answer).state),
        )

    def _append(self, decision: Decision[S, E]) -> Handled[S, E]:
        appended = self.ledger.append(Append(drafts=[decision.draft()]))
        return self.settle(decision.at(appended.positions[-1], appended.life))

    def settle(self, decision: Decision[S, E]) -> Handled[S, E]:
        """Take a decision whose events lie in the ledger into the cache."""
        self.states.keep(decision.name, decision.before, decision.after)
        return decision.handled()

    # Reading

    def name(self, subject_id: str) -> str:
        """The name of a stream. Raises `Refusal` ID_INVALID."""
        return stream_name(self.decider.category, subject_id)

    def load(self, subject_id: str) -> Loaded[S]:
        """The newest state; the decider's initial one, at version 0, if nothing has happened."""
        return Loaded.of(self.states.newest(self.name(subject_id)))

    def load_many(self, subject_ids: Sequence[str]) -> list[Loaded[S]]:
        """The newest states of many streams by one query, in the order of their ids."""
        names = [self.name(each) for each in subject_ids]
        newest = _newest(self.ledger, dict.fromkeys(names, self))
        return [Loaded.of(newest[name]) for name in names]

    def load_at(
        self,
        subject_id: str,
        *,
        version: int | None = None,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Loaded[S]:
        """The state as of a version or a moment.

        `at` goes by when things happened, `known_at` by when they were recorded here.
        """
        events = self.ledger.read_stream(self.name(subject_id), until=version)
        seen = [
            one
            for one in events
            if (at is None or one.metadata.occurred_at <= at)
            and (known_at is None or one.recorded_at <= known_at)
        ]
        return Loaded.of(self.states.after(self.states.blank(), seen))

    def history(self, subject_id: str) -> list[Recorded[E]]:
        """All events of a stream, personal data opened."""
        return self.ledger.read_stream(self.name(subject_id))


def _is_of(folded: Folded[Any], seen: Revision) -> bool:
    """Whether a caller saw this state: not another stream that happens to have as many events."""
    return seen.version == folded.version and (seen.position == folded.position or seen.version == 0)


Task = (
    tuple[Stream[Any, Any, Any], str, Any, Context]
    | tuple[Stream[Any, Any, Any], str, Any, Context, Permit[Any]]
    | tuple[Stream[Any, Any, Any], str, Any, Context, Permit[Any], str | None]
)
"""A command for one of several streams: (stream, id, command, context), and, as for `handle`, the permit and
`if_revision`, if they are asked.
"""


def handle_many(
    ledger: Ledger,
    tasks: Sequence[Task],
    checkpoint: Checkpoint | None = None,
    effects: Sequence[Effect] = (),
    erases: Sequence[str] = (),
) -> list[Handled[Any, Any]]:
    """Decide on commands in order and append all events with the checkpoint: everything or nothing.

    Each command meets the state that the ones before it left.

    Raises like `Stream.handle`, and `AlreadyHandled` if the checkpoint does not follow the stored one.
    """
    for _ in range(_CONFLICTS + 1):
        decisions = _decide_all(ledger, tasks)
        drafts = [decision.draft() for _, decision in decisions if decision.appends()]
        try:
            appended = _append_all(
                ledger, Append(drafts=drafts, checkpoint=checkpoint, effects=effects, erases=erases)
            )
        except VersionConflict as conflict:
            lost = conflict.stream
            continue
        return _settle_all(decisions, appended)
    raise concurrent_change(lost)


def _append_all(ledger: Ledger, append: Append) -> Appended:
    if append.drafts or append.checkpoint or append.effects or append.erases:
        return ledger.append(append)
    return Appended()


def _decide_all(
    ledger: Ledger, tasks: Sequence[Task]
) -> list[tuple[Stream[Any, Any, Any], Decision[Any, Any]]]:
    known = _newest(ledger, {task[0].name(task[1]): task[0] for task in tasks})
    decisions, answering = [], set()
    for stream, subject_id, command, context, *asked in tasks:
        permit, if_revision = (*asked, None, None)[:2]
        name, request = stream.name(subject_id), (context.actor, context.request_id)
        goes_on = (name, request) in answering
        step: Step[Any, Any] = Step(command=command, context=context, permit=permit)
        ask = Ask(steps=[stream.concealed(step)], if_revision=if_revision, goes_on=goes_on)
        try:
            decision = stream.decide(name, known[name], ask)
        except Refusal:
            ledger.refuse_skewed()
            raise
        if decision.appends():
            known[name] = decision.after
            answering.add((name, request))
        decisions.append((stream, decision))
    return decisions


def _newest(ledger: Ledger, streams: Mapping[str, Stream[Any, Any, Any]]) -> dict[str, Folded[Any]]:
    """Streams by name as they are in the store now, by one query for what is not known yet."""
    known = {name: stream.states.cached(name) or stream.states.blank() for name, stream in streams.items()}
    news = ledger.read_streams({name: folded.version for name, folded in known.items()}, _AT_ONCE)
    for name, stream in streams.items():
        is_long = len(news[name]) == _AT_ONCE  # then there may be more, and a snapshot
        newest = stream.states.newest(name) if is_long else None
        known[name] = newest or stream.states.advance(name, known[name], news[name])
    return known


def _settle_all(
    decisions: Sequence[tuple[Stream[Any, Any, Any], Decision[Any, Any]]], appended: Appended
) -> list[Handled[Any, Any]]:
    answers: list[Handled[Any, Any]] = []
    last: dict[str, int] = {}
    done = 0
    for stream, decision in decisions:
        if decision.appends():
            done += len(decision.metadata)
            last[decision.name] = appended.positions[done - 1]
            answers.append(stream.settle(decision.at(last[decision.name], appended.life)))
        elif decision.name in last:
            answers.append(decision.at(last[decision.name], appended.life).handled())
        else:
            answers.append(decision.handled())
    return answers
