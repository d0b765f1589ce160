"""One stream at a time: load, decide, append; and again if somebody else was faster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.errors import VersionConflict
from libs.ledger.folded import Cache, Folded, request_key
from libs.ledger.ids import stream_name
from libs.ledger.ledger import Append, Ledger
from libs.ledger.recorded import Checkpoint, Context, Draft, Metadata, Recorded, utc_now
from libs.ledger.revision import Revision, parse_revision
from libs.ledger.snapshots import Snapshots
from libs.ledger.unit import Effect
from libs.telemetry import walls

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

_CONFLICTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[S]):
    """A stream's state at a version; version 0: nothing has happened yet."""

    state: S
    version: int
    position: int

    @property
    def revision(self) -> str:
        """The token that a caller may give as `if_revision` or `at_least`."""
        return str(Revision(self.position, self.version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled(Generic[S, E]):
    """The answer to a command: the state after it, and the events that made it so.

    `events` is empty if nothing had to happen; `repeated`: this is the answer of the first time.
    """

    state: S
    version: int
    position: int
    events: tuple[E, ...]
    repeated: bool = False

    @property
    def revision(self) -> str:
        """The token that a caller may give as `if_revision` or `at_least`."""
        return str(Revision(self.position, self.version))


Permit = Callable[[S], None]
"""Raises `Refusal` if the caller may not do this to a stream in that state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask(Generic[C, S]):
    """A command with all that comes along."""

    command: C
    context: Context
    permit: Permit[S] | None = None
    if_revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision(Generic[S, E]):
    """What a command comes to on a given version: the events to append, or the answer at hand."""

    name: str
    before: Folded[S]
    after: Folded[S]
    events: Sequence[E] = ()
    metadata: Sequence[Metadata] = ()
    repeated: bool = False

    def draft(self) -> Draft:
        """What is to be appended."""
        pairs = list(zip(self.events, self.metadata, strict=True))
        return Draft(stream=self.name, expected_version=self.before.version, events=pairs)

    def appends(self) -> bool:
        """Tell whether there is anything to append."""
        return bool(self.metadata)

    def handled(self) -> Handled[S, E]:
        """The answer."""
        after = self.after
        return Handled(
            state=after.state,
            version=after.version,
            position=after.position,
            events=tuple(self.events),
            repeated=self.repeated,
        )


class Stream(Generic[C, S, E]):
    """All streams of one kind: `Stream(ledger, CASE)` handles every case.

    States are cached. A command is decided on the cached state at once: if that was out of date,
    the append conflicts and is decided again on the newest; an answer that appends nothing (a
    refusal, a repetition, "nothing happened") is given only on a state read from the store.
    Streams longer than `snapshot_every` events get snapshots, if their state can be stored exactly.
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
        """`area` tells from the state where the subject lies, for commands whose context does not say."""
        self.ledger = ledger
        self.decider = decider
        self._clock = clock
        self._cache: Cache[S] = Cache(cache_size)
        self._snapshot_every = snapshot_every
        self._area = area
        self._wall = walls.Commands(ledger.service, decider.category)
        self._snapshots = Snapshots.where_possible(ledger, decider)

    # Writing

    def handle(
        self,
        subject_id: str,
        command: C,
        context: Context,
        permit: Permit[S] | None = None,
        if_revision: str | None = None,
        *,
        expect_new: bool = False,
    ) -> Handled[S, E]:
        """Decide on a command and append what happens.

        The same `context.request_id` with the same content returns the first answer and appends
        nothing, for as long as the stream lives. `permit` is called with the state that the
        command meets. `expect_new` saves a read where the stream is most likely new.

        Raises `Refusal` of the decider, or ID_INVALID, REQUEST_ID_REUSED, REVISION_MISMATCH,
        REVISION_MALFORMED, CONCURRENT_CHANGE; and the ledger's `LedgerUnavailable`.
        """
        name = self.name(subject_id)
        context = self.concealed(context)
        ask = _Ask(command=command, context=context, permit=permit, if_revision=if_revision)
        with self._wall.command(type(command).__name__, name) as act:
            handled = self._handle(name, ask, expect_new)
            act.outcome = "repeated" if handled.repeated else "appended" if handled.events else "nothing"
        return handled

    def _handle(self, name: str, ask: _Ask[C, S], expect_new: bool) -> Handled[S, E]:
        folded, newest = self._begin(name, expect_new)
        for _ in range(_CONFLICTS + 1):
            decision = self._try(name, folded, ask, newest)
            if decision is None:  # an answer to be given only on the newest state
                folded = self.catch_up(name, folded)
                decision = self._try(name, folded, ask, newest=True)
                assert decision is not None  # noqa: S101  # on the newest state there is always an answer
            if not decision.appends():
                return decision.handled()
            try:
                return self._append(decision)
            except VersionConflict:
                folded, newest = self.catch_up(name, folded), True
        raise concurrent_change(name)

    def concealed(self, context: Context) -> Context:
        """The context as it is kept: with the digest of the request keyed by our secret.

        The digest stays with the event for ever. Unkeyed, a guess at what was in the request (a
        password, the name of somebody who was erased) could be checked against it.
        """
        if context.request_digest is None:
            return context
        return replace(context, request_digest=self.ledger.keys.digest("request", context.request_digest))

    def _begin(self, name: str, expect_new: bool) -> tuple[Folded[S], bool]:
        """The state to decide on first, and whether it is known to be the newest."""
        epoch = self.ledger.keys.epoch
        cached = self._cache.get(name, epoch)
        if cached is not None:
            return cached, False
        if expect_new:
            return Folded(state=self.decider.initial, epoch=epoch), False
        return self._read(name, epoch), True

    def _try(self, name: str, folded: Folded[S], ask: _Ask[C, S], newest: bool) -> _Decision[S, E] | None:
        try:
            decision = self.decide(name, folded, ask)
        except Refusal:
            if newest:
                raise
            return None
        return decision if newest or decision.appends() else None

    def decide(self, name: str, folded: Folded[S], ask: _Ask[C, S]) -> _Decision[S, E]:
        """What a command comes to on this version."""
        context = ask.context
        known = None
        if context.request_id is not None:
            known = folded.requests.get(request_key(context.request_id, context.actor))
        if known is not None:
            if not known.is_repeated_by(context):
                raise request_id_reused(str(context.request_id))
            return self._repeat(name, folded, known.first, known.last, ask)
        if ask.if_revision and parse_revision(ask.if_revision, "if_revision").version != folded.version:
            raise revision_mismatch(folded)
        if ask.permit is not None:
            ask.permit(folded.state)
        events = tuple(self.decider.decide(ask.command, folded.state))
        recorded_at = self._clock()
        if events and context.area is None and self._area is not None:
            context = replace(context, area=self._area(folded.state))
        metadata = [context.metadata(recorded_at) for _ in events]
        after = folded.with_new(events, metadata, self.decider.evolve) if events else folded
        return _Decision(name=name, before=folded, after=after, events=events, metadata=metadata)

    def _repeat(
        self, name: str, folded: Folded[S], first: int, last: int, ask: _Ask[C, S]
    ) -> _Decision[S, E]:
        """The answer of the first time, to whom it was permitted the first time."""
        history = self.ledger.read_stream(name, until=last)
        if len(history) < last:
            raise ValueError(f"one request for {name} stands twice in a batch: hand it in once")
        blank = Folded(state=self.decider.initial, epoch=folded.epoch)
        before = blank.then(history[: first - 1], self.decider.evolve)
        if ask.permit is not None:
            ask.permit(before.state)
        after = before.then(history[first - 1 :], self.decider.evolve)
        events = [recorded.event for recorded in history[first - 1 :]]
        return _Decision(name=name, before=before, after=after, events=events, repeated=True)

    def _append(self, decision: _Decision[S, E]) -> Handled[S, E]:
        appended = self.ledger.append(Append(drafts=[decision.draft()]))
        return self.settle(decision, appended.positions[-1])

    def settle(self, decision: _Decision[S, E], position: int) -> Handled[S, E]:
        """Take a decision whose events lie in the ledger into the cache."""
        after = decision.after.at(position)
        self._cache.put(decision.name, after)
        every = self._snapshot_every
        if self._snapshots is not None and after.version // every > decision.before.version // every:
            self._snapshots.save(decision.name, after)
        return Handled(
            state=after.state, version=after.version, position=position, events=tuple(decision.events)
        )

    # Reading

    def name(self, subject_id: str) -> str:
        """The name of a stream. Raises `Refusal` ID_INVALID."""
        return stream_name(self.decider.category, subject_id)

    def load(self, subject_id: str) -> Loaded[S]:
        """The newest state; the decider's initial one, at version 0, if nothing has happened."""
        name = self.name(subject_id)
        epoch = self.ledger.keys.epoch
        cached = self._cache.get(name, epoch)
        return _loaded(self.catch_up(name, cached) if cached is not None else self._read(name, epoch))

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
        folded = Folded(state=self.decider.initial)
        events = self.ledger.read_stream(self.name(subject_id), until=version)
        seen = [
            one
            for one in events
            if (at is None or one.metadata.occurred_at <= at)
            and (known_at is None or one.metadata.recorded_at <= known_at)
        ]
        return _loaded(folded.then(seen, self.decider.evolve))

    def history(self, subject_id: str) -> list[Recorded[E]]:
        """All events of a stream, personal data opened."""
        return self.ledger.read_stream(self.name(subject_id))

    def cached(self, name: str) -> Folded[S]:
        """What is known of a stream without asking the store."""
        epoch = self.ledger.keys.epoch
        return self._cache.get(name, epoch) or Folded(state=self.decider.initial, epoch=epoch)

    def advance(self, name: str, folded: Folded[S], news: Sequence[Recorded[E]]) -> Folded[S]:
        """Fold events that were read behind `folded`."""
        newer = folded.then(news, self.decider.evolve)
        self._cache.put(name, newer)
        return newer

    def catch_up(self, name: str, folded: Folded[S]) -> Folded[S]:
        """Fold what was appended since."""
        if folded.version == 0 or folded.epoch != self.ledger.keys.epoch:
            return self._read(name, self.ledger.keys.epoch)
        return self.advance(name, folded, self.ledger.read_stream(name, after=folded.version))

    def _read(self, name: str, epoch: int) -> Folded[S]:
        """Fold from the beginning, or, if that is far away, from a snapshot."""
        page = self.ledger.read_stream(name, limit=self._snapshot_every)
        folded = Folded(state=self.decider.initial, epoch=epoch)
        if len(page) < self._snapshot_every:
            return self.advance(name, folded, page)
        snapshot = self._snapshots.load(name, epoch) if self._snapshots is not None else None
        if snapshot is not None and snapshot.version >= page[-1].version:
            folded = snapshot
        else:
            folded = folded.then(page, self.decider.evolve)
        return self.advance(name, folded, self.ledger.read_stream(name, after=folded.version))


def _loaded(folded: Folded[S]) -> Loaded[S]:
    return Loaded(state=folded.state, version=folded.version, position=folded.position)


Task = tuple[Stream[Any, Any, Any], str, Any, Context]
"""A command for one of several streams: (stream, id, command, context)."""


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
        append = Append(drafts=drafts, checkpoint=checkpoint, effects=effects, erases=erases)
        try:
            positions = list(ledger.append(append).positions)
        except VersionConflict as conflict:
            lost = conflict.stream
            continue
        return _settle_all(decisions, positions)
    raise concurrent_change(lost)


def _decide_all(
    ledger: Ledger, tasks: Sequence[Task]
) -> list[tuple[Stream[Any, Any, Any], _Decision[Any, Any]]]:
    names = {stream.name(subject_id): stream for stream, subject_id, _, _ in tasks}
    known = {name: stream.cached(name) for name, stream in names.items()}
    news = ledger.read_streams({name: folded.version for name, folded in known.items()})
    for name, stream in names.items():
        known[name] = stream.advance(name, known[name], news[name])
    decisions = []
    for stream, subject_id, command, context in tasks:
        name = stream.name(subject_id)
        decision = stream.decide(name, known[name], _Ask(command=command, context=stream.concealed(context)))
        if decision.appends():
            known[name] = decision.after
        decisions.append((stream, decision))
    return decisions


def _settle_all(
    decisions: Sequence[tuple[Stream[Any, Any, Any], _Decision[Any, Any]]], positions: list[int]
) -> list[Handled[Any, Any]]:
    answers: list[Handled[Any, Any]] = []
    last: dict[str, int] = {}
    done = 0
    for stream, decision in decisions:
        if decision.appends():
            done += len(decision.metadata)
            last[decision.name] = positions[done - 1]
            answers.append(stream.settle(decision, positions[done - 1]))
        else:
            position = last.get(decision.name, decision.after.position)
            answers.append(replace(decision, after=decision.after.at(position)).handled())
    return answers


def request_id_reused(request_id: str) -> Refusal:
    """Refuse another request under a known id."""
    return Refusal(
        Kind.INVALID,
        "REQUEST_ID_REUSED",
        "This request_id was used for another request: give every new request a new one.",
        field="request_id",
        request_id=request_id,
    )


def revision_mismatch(folded: Folded[Any]) -> Refusal:
    """Refuse to act on a state that the caller has not seen."""
    return Refusal(
        Kind.CONFLICT,
        "REVISION_MISMATCH",
        "It has changed since the revision you gave: read it again, then decide again.",
        revision=str(Revision(folded.position, folded.version)),
    )


def concurrent_change(stream: str) -> Refusal:
    """Give up after several conflicts."""
    return Refusal(
        Kind.CONFLICT,
        "CONCURRENT_CHANGE",
        "Others keep changing it at the same moment: try again shortly.",
        subject=stream,
    )
