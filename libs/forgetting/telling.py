"""From identity's event to forgetting, and from that to what the other services hear."""

from typing import Any

from linli.identity.v1 import identity_events_pb2 as identity
from linli.privacy.v1 import privacy_events_pb2 as published

from libs.ledger.forgotten import FORGETTING, ErasureHeard, HearErasure, SubjectForgotten
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.messaging.reactions import Answers, Erasure, Fact, Reaction
from libs.rpc.moments import stamp

PRIVATE = {"erasure_heard.v1": ErasureHeard}
PUBLISHED = {"subject_forgotten.v1": SubjectForgotten}
"""The stored names of every service that forgets."""


def forget(event: identity.SubjectErased, fact: Fact, *others: Reaction[Any]) -> Answers:
    """What an erasure calls for: the key is destroyed, and what else the service has to do about it.

    That this was told is noted last: a view that has come past that place holds nothing of them.
    """
    heard = HearErasure(subject_id=event.subject_id, at=fact.time, has_receipt=event.has_receipt)
    return [Erasure(subject=event.subject_id), *others, Reaction(FORGETTING, event.subject_id, heard)]


def told(recorded: Recorded[Any]) -> Published | None:
    """The published message that a person was forgotten; None for any other event.

    It is no area's and no body's: who may know of everything may know of it.
    """
    event = recorded.event
    if not isinstance(event, SubjectForgotten):
        return None
    message = published.SubjectForgotten(
        subject_id=event.subject_id, forgotten_time=stamp(event.forgotten_at)
    )
    return Published(message=message, occurred_at=event.forgotten_at)
