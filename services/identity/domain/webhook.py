"""Webhooks: to which endpoints of clients events of cases are sent, and the events that any of them wants.

All are one stream: an event that no webhook wants is not kept, and the number of webhooks is bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import webhook_refusals as refusals

MOST_OF_A_CLIENT, MOST_IN_ALL = 10, 1000
BOTH_SIGN = timedelta(hours=24)
"""How long a secret that was replaced still signs beside the new one."""
STREAM = "all"
"""The id of the one stream."""


class RemovalCause(StrEnum):
    """Why a webhook ended."""

    ASKED = "asked"
    CLIENT_RETIRED = "client_retired"


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRegistered:
    """Events of these kinds are sent to an endpoint from now on."""

    webhook_id: str
    client_id: str
    url: Personal
    kinds: tuple[str, ...]
    secret: Personal
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecretRotated:
    """Another secret signs; the one before signs, too, for a while."""

    webhook_id: str
    client_id: str
    secret: Personal
    earlier_until: datetime
    rotated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRemoved:
    """Nothing more is sent to the endpoint."""

    webhook_id: str
    client_id: str
    cause: RemovalCause
    removed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEventHeard:
    """Something happened to a case, and some webhook wants the event. Ids and facts, no person.

    `kind`: the published message's full name; `body_ids`: the bodies that it names; `revision`: that of
    the case then; `system`, `number`: of the case in the system that it came from, in its first event only.
    """

    event_id: str
    kind: str
    case_id: str
    area_id: str
    body_ids: tuple[str, ...]
    revision: str
    system: str
    number: str
    happened_at: datetime
    recorded_at: datetime


WebhookEvent = WebhookRegistered | WebhookSecretRotated | WebhookRemoved | CaseEventHeard


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint. `earlier`: the secret before, which signs, too, until `earlier_until`."""

    webhook_id: str
    client_id: str
    url: Personal
    kinds: tuple[str, ...]
    secret: Personal
    registered_at: datetime
    earlier: Personal | None = None
    earlier_until: datetime | None = None

    def secrets(self, at: datetime) -> tuple[Personal, ...]:
        """What signs at a moment, the newest first."""
        both = self.earlier is not None and self.earlier_until is not None and at < self.earlier_until
        return (self.secret, self.earlier) if both and self.earlier is not None else (self.secret,)

    def wants(self, event: CaseEventHeard) -> bool:
        """Whether an event is of its kinds, and was recorded while there was this webhook."""
        return event.kind in self.kinds and event.recorded_at >= self.registered_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """All that there are."""

    listed: tuple[Webhook, ...] = ()

    def of(self, client_id: str) -> tuple[Webhook, ...]:
        """Those of a client, in the order of their registration."""
        return tuple(each for each in self.listed if each.client_id == client_id)

    def one(self, webhook_id: str, client_id: str) -> Webhook:
        """One of a client. Refuses WEBHOOK_UNKNOWN."""
        found = next((each for each in self.of(client_id) if each.webhook_id == webhook_id), None)
        if found is None:
            raise refusals.webhook_is_unknown(webhook_id)
        return found


# Evolve


def evolve(webhooks: Webhooks, event: WebhookEvent) -> Webhooks:
    """The webhooks after the event."""
    match event:
        case CaseEventHeard():
            return webhooks
        case WebhookRegistered():
            new = Webhook(
                webhook_id=event.webhook_id,
                client_id=event.client_id,
                url=event.url,
                kinds=event.kinds,
                secret=event.secret,
                registered_at=event.registered_at,
            )
            return replace(webhooks, listed=(*webhooks.listed, new))
        case WebhookSecretRotated():
            changed = (_rotated(each, event) for each in webhooks.listed)
            return replace(webhooks, listed=tuple(changed))
        case WebhookRemoved():
            left = (each for each in webhooks.listed if each.webhook_id != event.webhook_id)
            return replace(webhooks, listed=tuple(left))


def _rotated(webhook: Webhook, event: WebhookSecretRotated) -> Webhook:
    if webhook.webhook_id != event.webhook_id:
        return webhook
    return replace(webhook, secret=event.secret, earlier=webhook.secret, earlier_until=event.earlier_until)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWebhook:
    """Send events of some kinds to an endpoint."""

    webhook_id: str
    client_id: str
    url: Personal
    kinds: tuple[str, ...]
    secret: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecret:
    """Sign with another secret."""

    webhook_id: str
    client_id: str
    secret: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWebhook:
    """Send it nothing more."""

    webhook_id: str
    client_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWebhooks:
    """Send nothing more to a retired client."""

    client_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HearOfCase:
    """Keep an event of a case, if a webhook wants it."""

    heard: CaseEventHeard


WebhookCommand = RegisterWebhook | RotateWebhookSecret | RemoveWebhook | EndWebhooks | HearOfCase


# Decide


def decide(command: WebhookCommand, webhooks: Webhooks) -> Sequence[WebhookEvent]:
    """Each client has its own, and not too many; what nobody wants is not kept."""
    match command:
        case RegisterWebhook():
            return [_registered(command, webhooks)]
        case RotateWebhookSecret():
            webhooks.one(command.webhook_id, command.client_id)
            until = command.at + BOTH_SIGN
            return [
                WebhookSecretRotated(
                    webhook_id=command.webhook_id,
                    client_id=command.client_id,
                    secret=command.secret,
                    earlier_until=until,
                    rotated_at=command.at,
                )
            ]
        case RemoveWebhook():
            ended = [webhooks.one(command.webhook_id, command.client_id)]
            return _removed(ended, RemovalCause.ASKED, command.at)
        case EndWebhooks():
            return _removed(webhooks.of(command.client_id), RemovalCause.CLIENT_RETIRED, command.at)
        case HearOfCase(heard=heard):
            return [heard] if _is_wanted(heard, webhooks) else []


def _registered(command: RegisterWebhook, webhooks: Webhooks) -> WebhookRegistered:
    own = webhooks.of(command.client_id)
    if same := next((each for each in own if each.url.value == command.url.value), None):
        raise refusals.webhook_exists(same.webhook_id)
    if len(own) >= MOST_OF_A_CLIENT:
        raise refusals.webhooks_are_too_many(MOST_OF_A_CLIENT)
    if len(webhooks.listed) >= MOST_IN_ALL:
        raise refusals.webhooks_are_full(MOST_IN_ALL)
    return WebhookRegistered(
        webhook_id=command.webhook_id,
        client_id=command.client_id,
        url=command.url,
        kinds=tuple(dict.fromkeys(command.kinds)),
        secret=command.secret,
        registered_at=command.at,
    )


def _removed(ended: Sequence[Webhook], cause: RemovalCause, at: datetime) -> Sequence[WebhookEvent]:
    return [
        WebhookRemoved(webhook_id=each.webhook_id, client_id=each.client_id, cause=cause, removed_at=at)
        for each in ended
    ]


def _is_wanted(heard: CaseEventHeard, webhooks: Webhooks) -> bool:
    """Of kinds that somebody wants; and where a case comes from, which later messages about it say, too."""
    return any(
        each.wants(heard) or (heard.system and heard.recorded_at >= each.registered_at)
        for each in webhooks.listed
    )


WEBHOOK: Decider[WebhookCommand, Webhooks, WebhookEvent] = Decider(
    category="webhook", initial=Webhooks(), decide=decide, evolve=evolve
)
