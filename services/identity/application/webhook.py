"""Use cases of webhooks: a client names an endpoint, tries it out, and sees what it did not take."""

import json
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce

from libs.ledger.ids import derived_id, new_id
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.notify.channel import NotSent, Signed
from services.identity.application.client import ClientStream
from services.identity.application.webhook_ports import Carrier
from services.identity.domain import client, dispatch
from services.identity.domain import webhook_refusals as refusals
from services.identity.domain.dispatch import DispatchCommand, DispatchEvent, Parked, ReplayMessages
from services.identity.domain.webhook import (
    STREAM,
    CaseEventHeard,
    RegisterWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    Webhook,
    WebhookCommand,
    WebhookEvent,
    WebhookSecretRotated,
    evolve,
)
from services.identity.domain.webhook import Webhooks as All

WebhookStream = Stream[WebhookCommand, All, WebhookEvent]
DispatchStream = Stream[DispatchCommand, dispatch.Dispatch, DispatchEvent]
SCOPE = "feed.read"
"""What a client must hold: nothing is sent to a webhook that the feed would not show."""
TEST = "linli.identity.v1.WebhookTest"
"""The type of a test message."""

_TESTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Tested:
    """What an endpoint did with a test message. `reason`: why it did not take it, if it did not."""

    reason: str


def told_of(webhook: Webhook, message_id: str, event: CaseEventHeard, at: datetime) -> Signed:
    """What is sent of an event: ids and facts. Who may know more asks for the case."""
    data: dict[str, object] = {"case_id": event.case_id, "revision": event.revision}
    if event.system:
        data["external_reference"] = {"system": event.system, "number": event.number}
    return _message(webhook, message_id, event.kind, event.happened_at, data, at)


def _message(
    webhook: Webhook, message_id: str, kind: str, happened_at: datetime, data: object, at: datetime
) -> Signed:
    """A message to an endpoint, signed by all secrets that count at the moment."""
    told = {"type": kind, "timestamp": _text(happened_at), "data": data}
    return Signed(
        id=message_id,
        url=webhook.url.value or "",
        secrets=[secret.value or "" for secret in webhook.secrets(at)],
        body=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        at=at,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What clients can do with their webhooks."""

    stream: WebhookStream
    dispatches: DispatchStream
    clients: ClientStream
    carrier: Carrier
    kinds: Collection[str]
    clock: Callable[[], datetime]
    _tests: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_TESTS_AT_ONCE)
    )

    def register(
        self, client_id: str, url: str, kinds: Sequence[str], at: datetime, context: Context
    ) -> tuple[Webhook, str, str]:
        """Tell an endpoint of events; answers the webhook, its secret ("" if repeated) and the revision."""
        self._is_client(client_id)
        if not self.carrier.takes(url):
            raise refusals.webhook_url_is_unfit()
        if unknown := [kind for kind in kinds if kind not in self.kinds]:
            raise refusals.webhook_kinds_are_unknown(unknown, [*self.kinds])
        webhook_id, secret = derived_id(client_id, context.request_id or ""), self.carrier.new_secret()
        command = RegisterWebhook(
            webhook_id=webhook_id,
            client_id=client_id,
            url=_kept(client_id, url),
            kinds=tuple(kinds),
            secret=_kept(client_id, secret),
            at=at,
        )
        handled = self.stream.handle(STREAM, command, context)
        registered = reduce(evolve, handled.events, All())  # of this one: the stream is long
        return registered.one(webhook_id, client_id), _shown_once(handled, secret), handled.revision

    def rotate(
        self, client_id: str, webhook_id: str, at: datetime, context: Context
    ) -> tuple[datetime | None, str, str]:
        """Sign with another secret; answers until when both sign, it ("" if repeated) and the revision."""
        self._is_client(client_id)
        secret = self.carrier.new_secret()
        command = RotateWebhookSecret(
            webhook_id=webhook_id, client_id=client_id, secret=_kept(client_id, secret), at=at
        )
        handled = self.stream.handle(STREAM, command, context)
        until = next(
            (it.earlier_until for it in handled.events if isinstance(it, WebhookSecretRotated)), None
        )
        return until, _shown_once(handled, secret), handled.revision

    def remove(self, client_id: str, webhook_id: str, at: datetime, context: Context) -> str:
        """Tell an endpoint nothing more; answers the revision."""
        command = RemoveWebhook(webhook_id=webhook_id, client_id=client_id, at=at)
        return self.stream.handle(STREAM, command, context).revision

    def list(self, client_id: str) -> Sequence[tuple[Webhook, dispatch.Dispatch]]:
        """A client's webhooks, and what became of messages to each."""
        return self._with_dispatches(self.stream.load(STREAM).state.of(client_id))

    def all(self) -> Sequence[tuple[Webhook, dispatch.Dispatch]]:
        """Those of all clients."""
        return self._with_dispatches(self.stream.load(STREAM).state.listed)

    def test(self, client_id: str, webhook_id: str) -> Tested:
        """Send a test message now, and say what became of it."""
        self._is_client(client_id)
        webhook = self._one(client_id, webhook_id)
        if not self._tests.acquire(blocking=False):
            raise refusals.webhook_tests_are_busy()
        try:
            now = self.clock()
            self.carrier.send(_message(webhook, new_id(), TEST, now, {"webhook_id": webhook_id}, now))
        except NotSent as failed:
            return Tested(failed.reason)
        finally:
            self._tests.release()
        return Tested("")

    def parked(self, client_id: str, webhook_id: str) -> Sequence[Parked]:
        """The messages that an endpoint refused, the oldest first."""
        self._one(client_id, webhook_id)
        return self.dispatches.load(webhook_id).state.parked

    def replay(
        self, client_id: str, webhook_id: str, message_ids: Sequence[str], at: datetime, context: Context
    ) -> tuple[int, str]:
        """Have parked messages sent again (no ids: all); answers how many, and the revision."""
        self._one(client_id, webhook_id)
        command = ReplayMessages(webhook_id=webhook_id, message_ids=tuple(dict.fromkeys(message_ids)), at=at)
        handled = self.dispatches.handle(webhook_id, command, context)
        replayed = (each for each in handled.events if isinstance(each, dispatch.MessagesReplayed))
        return sum(len(each.message_ids) for each in replayed), handled.revision

    def _with_dispatches(self, listed: Sequence[Webhook]) -> Sequence[tuple[Webhook, dispatch.Dispatch]]:
        return [(each, self.dispatches.load(each.webhook_id).state) for each in listed]

    def _one(self, client_id: str, webhook_id: str) -> Webhook:
        return self.stream.load(STREAM).state.one(webhook_id, client_id)

    def _is_client(self, client_id: str) -> None:
        """Refuse persons, and clients that were retired."""
        if not isinstance(self.clients.load(client_id).state, client.Active):
            raise refusals.webhooks_are_for_clients()


def _kept(client_id: str, text: str) -> Personal:
    """Enciphered under the client's key, as the hash of its own secret is."""
    return Personal(f"client-{client_id}", text)


def _shown_once(handled: Handled[All, WebhookEvent], secret: str) -> str:
    return "" if handled.repeated else secret
