"""What a command comes to: the answer, or the refusals that any stream may give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Kind, Refusal
from libs.ledger.recorded import Context, Draft, Metadata
from libs.ledger.revision import Revision
from libs.ledger.streams.folded import Folded

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[S]):
    """A stream's state at a version; version 0: nothing has happened yet."""

    state: S
    version: int
    position: int
    life: int = 1

    @classmethod
    def of(cls, folded: Folded[S]) -> "Loaded[S]":
        """The answer that a folded stream gives."""
        return cls(state=folded.state, version=folded.version, position=folded.position, life=folded.life)

    @property
    def revision(self) -> str:
        """The token that a caller may give as `if_revision` or `at_least`."""
        return str(Revision(self.position, self.version, self.life))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled(Generic[S, E]):
    """The answer to a command: the state after it, and the events that made it so.

    `events` is empty if nothing had to happen; `repeated`: this is the answer of the first time.
    """

    version: int
    position: int
    events: tuple[E, ...]
    repeated: bool = False
    life: int = 1
    state_then: Callable[[], S] = field(compare=False, repr=False)

    @property
    def state(self) -> S:
        """The state after it; that of a repeated answer is folded when somebody asks for it."""
        return self.state_then()

    @property
    def revision(self) -> str:
        """The token that a caller may give as `if_revision` or `at_least`."""
        return str(Revision(self.position, self.version, self.life))


Permit = Callable[[S], None]
"""Raises `Refusal` if the caller may not do this to a stream in that state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[C, S]):
    """A command, alone or one of several of a request. `unless`: not decided where nothing is to be done."""

    command: C
    context: Context
    permit: Permit[S] | None = None
    unless: Callable[[S], bool] | None = None

    def is_left_out(self, state: S) -> bool:
        """Tell whether nothing is to be done on this state."""
        return self.unless is not None and self.unless(state)

    def allow(self, state: Callable[[], S]) -> None:
        """Let the permit and the guard of the context raise, before anything is decided on the state."""
        if self.permit is not None:
            self.permit(state())
        if self.context.guard is not None:
            self.context.guard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Generic[C, S]):
    """The commands of one request to a stream, with all that comes along."""

    steps: Sequence[Step[C, S]]
    if_revision: str | None = None
    if_new: Callable[[], None] | None = None
    numbered: bool = False  # a refusal says which step it is about
    goes_on: bool = False  # more commands of a request that is being answered: no repetition of it

    @property
    def context(self) -> Context:
        """What comes along with the request."""
        return self.steps[0].context

    def begin(self) -> None:
        """Let what is asked of a new request alone raise."""
        if self.if_new is not None:
            self.if_new()

    def allow_again(self, state: Callable[[], S]) -> None:
        """Let raise what the first step asks of the state before the request, where that is repeated."""
        self.steps[0].allow(state)

    def name(self, refusal: Refusal, number: int) -> None:
        """Let the refusal of a step, counted from 0, say which one that is."""
        if self.numbered:
            refusal.facts["step"] = str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Generic[S, E]):
    """What a command comes to on a given version: the events to append, or the answer at hand.

    `repeated`: the answer of the first time; `state_then` is the state after it, `after` only says where.
    """

    name: str
    before: Folded[S]
    after: Folded[S]
    events: Sequence[E] = ()
    metadata: Sequence[Metadata] = ()
    repeated: bool = False
    state_then: Callable[[], S] | None = None

    def then(self, events: Sequence[E], metadata: Sequence[Metadata], after: Folded[S]) -> "Decision[S, E]":
        """The same with what happens next."""
        both = [*self.events, *events], [*self.metadata, *metadata]
        return replace(self, events=both[0], metadata=both[1], after=after)

    def draft(self) -> Draft:
        """What is to be appended."""
        pairs = list(zip(self.events, self.metadata, strict=True))
        before = self.before
        return Draft(stream=self.name, expected_version=before.version, events=pairs, life=before.life)

    def appends(self) -> bool:
        """Tell whether there is anything to append."""
        return bool(self.metadata)

    def handled(self) -> Handled[S, E]:
        """The answer."""
        return Handled(
            state_then=self.state_then or (lambda: self.after.state),
            version=self.after.version,
            position=self.after.position,
            events=tuple(self.events),
            repeated=self.repeated,
            life=self.after.life,
        )

    def at(self, position: int, life: int) -> "Decision[S, E]":
        """The same, once the last of its events lies in an incarnation of the ledger."""
        return replace(self, after=self.after.at(position, life))


def request_id_reused(request_id: str) -> Refusal:
    """Refuse another request under a known id."""
    return Refusal(
        Kind.INVALID,
        "REQUEST_ID_REUSED",
        "this request_id was used for another request: give every new request a new one",
        field="request_id",
        request_id=request_id,
    )


def revision_mismatch(folded: Folded[Any]) -> Refusal:
    """Refuse to act on a state that the caller has not seen."""
    return Refusal(
        Kind.CONFLICT,
        "REVISION_MISMATCH",
        "it has changed since the revision you gave: read it again, then decide again",
        revision=str(Revision(folded.position, folded.version, folded.life)),
    )


def out_of_reach(area: str | None) -> Refusal:
    """The area in which alone the caller acts is another one."""
    facts = {"area_path": area} if area else {}
    message = "the consent by which you call does not cover this area; ask for one that does"
    return Refusal(Kind.PERMISSION, "OUT_OF_REACH", message, **facts)


def concurrent_change(stream: str) -> Refusal:
    """Give up after several conflicts."""
    return Refusal(
        Kind.CONFLICT,
        "CONCURRENT_CHANGE",
        "others keep changing it at the same moment: try again shortly",
        subject=stream,
    )
