"""Webhooks, as clients see them, and the events of cases that may be sent to them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as pb

from libs.ledger.revision import Revision
from libs.messaging.reactions import Answers, Fact, Reaction, When
from libs.rpc.moments import stamp, stamp_or_none
from services.identity.domain.dispatch import Dispatch, Parked
from services.identity.domain.webhook import STREAM, WEBHOOK, CaseEventHeard, HearOfCase, Webhook

_PARTS = frozenset({"AddedReport"})
EVENTS: tuple[type[Message], ...] = tuple(
    getattr(cases, name) for name in cases.DESCRIPTOR.message_types_by_name if name not in _PARTS
)
"""The published events of cases: each is about one case."""
KINDS = frozenset(event.DESCRIPTOR.full_name for event in EVENTS)


def with_webhooks(told: Mapping[type[Message], When]) -> Mapping[type[Message], When]:
    """Reactions to some events, and to all that may be sent to webhooks: each is kept, if one wants it."""
    return {event: _heard_and(told.get(event, _nothing)) for event in EVENTS}


def _nothing(_event: Message, _fact: Fact) -> Answers:
    return []


def _heard_and(when: When) -> When:
    def react(event: Any, fact: Fact) -> Answers:
        heard = Reaction(WEBHOOK, STREAM, HearOfCase(heard=heard_of(event, fact)))
        return [heard, *when(event, fact)]

    return react


def heard_of(event: Any, fact: Fact) -> CaseEventHeard:
    """The ids and facts of an event: nothing of who reported what."""
    bodies = (getattr(event, "body_id", ""), getattr(event, "from_body_id", ""))
    origin = event.external_reference if isinstance(event, cases.CaseOpened) else None
    return CaseEventHeard(
        event_id=fact.event_id,
        kind=event.DESCRIPTOR.full_name,
        case_id=event.case_id,
        area_id=fact.area_id,
        body_ids=tuple(body for body in bodies if body),
        revision=str(Revision(fact.sequence, fact.subject_version, fact.incarnation)),
        system=origin.system if origin else "",
        number=origin.number if origin else "",
        happened_at=fact.time,
        recorded_at=fact.recorded_time,
    )


def webhook_shown(webhook: Webhook, told: Dispatch | None = None) -> pb.Webhook:
    """A webhook, for its client, and how its endpoint does."""
    failed = told.failed if told else None
    return pb.Webhook(
        webhook_id=webhook.webhook_id,
        url=webhook.url.value or "",
        kinds=webhook.kinds,
        registered_time=stamp(webhook.registered_at),
        earlier_secret_until_time=stamp_or_none(webhook.earlier_until),
        failing_since_time=stamp_or_none(failed.failed_at if failed else None),
        failing_reason=failed.reason if failed else "",
        parked_count=len(told.parked) if told else 0,
    )


def parked_shown(parked: Parked) -> pb.ParkedWebhookMessage:
    """A message that an endpoint refused."""
    return pb.ParkedWebhookMessage(
        message_id=parked.message_id,
        kind=parked.kind,
        case_id=parked.case_id,
        reason=parked.reason,
        parked_time=stamp(parked.parked_at),
    )
