"""The rpcs about webhooks."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import stamp_or_none
from services.identity.application.app import App
from services.identity.entrypoints.wire.webhook import parked_shown, webhook_shown


class WebhookApi:
    """The endpoints of clients."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_webhook(self, request: pb.RegisterWebhookRequest, call: Call) -> pb.RegisterWebhookResponse:
        """Tell an endpoint of events."""
        webhook, secret, revision = self._app.webhooks.register(
            call.me, request.url, request.kinds, call.at, call.context()
        )
        return pb.RegisterWebhookResponse(
            webhook=webhook_shown(webhook), webhook_secret=secret, revision=revision
        )

    def list_webhooks(self, _request: pb.ListWebhooksRequest, call: Call) -> pb.ListWebhooksResponse:
        """The caller's webhooks."""
        own = self._app.webhooks.list(call.me)
        return pb.ListWebhooksResponse(webhooks=[webhook_shown(each, told) for each, told in own])

    def rotate_webhook_secret(
        self, request: pb.RotateWebhookSecretRequest, call: Call
    ) -> pb.RotateWebhookSecretResponse:
        """Sign with another secret."""
        until, secret, revision = self._app.webhooks.rotate(
            call.me, request.webhook_id, call.at, call.context()
        )
        return pb.RotateWebhookSecretResponse(
            webhook_secret=secret, earlier_until_time=stamp_or_none(until), revision=revision
        )

    def remove_webhook(self, request: pb.RemoveWebhookRequest, call: Call) -> pb.RemoveWebhookResponse:
        """Tell an endpoint nothing more."""
        revision = self._app.webhooks.remove(call.me, request.webhook_id, call.at, call.context())
        return pb.RemoveWebhookResponse(webhook_id=request.webhook_id, revision=revision)

    def test_webhook(self, request: pb.TestWebhookRequest, call: Call) -> pb.TestWebhookResponse:
        """Send a test message."""
        tested = self._app.webhooks.test(call.me, request.webhook_id)
        return pb.TestWebhookResponse(delivered=not tested.reason, reason=tested.reason)

    def list_parked_webhook_messages(
        self, request: pb.ListParkedWebhookMessagesRequest, call: Call
    ) -> pb.ListParkedWebhookMessagesResponse:
        """What an endpoint refused."""
        parked = self._app.webhooks.parked(call.me, request.webhook_id)
        return pb.ListParkedWebhookMessagesResponse(messages=map(parked_shown, parked))

    def replay_webhook_messages(
        self, request: pb.ReplayWebhookMessagesRequest, call: Call
    ) -> pb.ReplayWebhookMessagesResponse:
        """Have it sent again."""
        count, revision = self._app.webhooks.replay(
            call.me, request.webhook_id, request.message_ids, call.at, call.context()
        )
        return pb.ReplayWebhookMessagesResponse(replayed_count=count, revision=revision)
