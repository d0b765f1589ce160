"""What a service does about a neighbour's event: pure functions from an event to commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from libs.ledger.decider import Decider

C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is known about a neighbour's event besides its own content.

    `time` is when it happened (aware UTC), `recorded_time` when the neighbour recorded it;
    `sequence` is its position in the neighbour's ledger, in an `incarnation` of it; `subject` the neighbour's
    stream. Texts that the neighbour left unsaid are empty.
    """

    source: str
    event_id: str
    type: str
    subject: str
    subject_version: int
    sequence: int
    time: datetime
    recorded_time: datetime
    actor: str = ""
    on_behalf_of: str = ""
    consent_id: str = ""
    area_id: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    reason: str = ""
    incarnation: int = 1


@dataclass(frozen=True, slots=True)
class Reaction(Generic[C]):
    """One command that a neighbour's event calls for: `Reaction(CASE, case_id, WithdrawCase(at=fact.time))`.

    `decider` names the kind of stream, `id` the stream without its category. A `Refusal` by the
    decider fails the event (it is tried again, then parked): decide "nothing happened" for what
    may be repeated.
    """

    decider: Decider[C, Any, Any]
    id: str
    command: C
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The answer to "this person was erased": their key is destroyed here, too."""

    subject: str


Reactions = Sequence[Reaction[Any]]
"""Commands that an event calls for, in order."""

Answers = Sequence[Reaction[Any] | Erasure]
"""What an event calls for, in order."""

When = Callable[[Any, Fact], Answers]
"""A reaction, named `when_...`: (published message, fact) -> what to do, in order."""

Subscriptions = Mapping[str, Mapping[type[Message], When]]
"""By upstream service, by published message type: `{"catalog": {AffairDefined: when_affair_defined}}`."""
