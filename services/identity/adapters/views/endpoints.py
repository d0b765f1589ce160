"""Up to where were events sent to each webhook, and what did its endpoint refuse?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.application import webhook_ports
from services.identity.domain.dispatch import (
    EndpointFailed,
    MessageParked,
    MessagesReplayed,
    MessagesTaken,
    ReplayTaken,
)
from services.identity.domain.webhook import WebhookRegistered, WebhookRemoved


class EndpointRow(TypedDict):
    """The endpoint of a webhook, without its URL. `again`: the parked messages that are sent once more."""

    webhook_id: str
    client_id: str
    until: int
    parked: list[str]
    again: list[str]
    failed_at: NotRequired[datetime | None]


ENDPOINTS = Table.of("endpoints", EndpointRow, key=("webhook_id",))
_Told = MessagesTaken | EndpointFailed | MessageParked | MessagesReplayed | ReplayTaken


class EndpointsView(View):
    """One row for each webhook that there is."""

    name = "endpoints"
    tables = (ENDPOINTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """What was sent to a webhook counts as long as the webhook is there."""
        match recorded.event:
            case WebhookRegistered() as event:
                row = EndpointRow(
                    webhook_id=event.webhook_id,
                    client_id=event.client_id,
                    until=0,
                    parked=[],
                    again=[],
                    failed_at=None,
                )
                rows.put(ENDPOINTS, row)
            case WebhookRemoved() as event:
                rows.delete(ENDPOINTS, event.webhook_id)
            case event if isinstance(event, _Told):
                _tell(event, rows)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """The webhook."""
        event = recorded.event
        return [(ENDPOINTS.name, event.webhook_id)] if isinstance(event, _OfWebhook) else []


_OfWebhook = _Told | WebhookRegistered | WebhookRemoved


def _tell(event: _Told, rows: Rows) -> None:
    row = rows.get(ENDPOINTS, event.webhook_id)
    if row is None:  # it was removed meanwhile
        return
    match event:
        case MessagesTaken():
            row["until"] = max(row["until"], event.until)
            row["failed_at"] = None if event.count else row.get("failed_at")
        case EndpointFailed():
            row["failed_at"] = event.failed_at
        case MessageParked(parked=parked):
            row["until"], row["failed_at"] = max(row["until"], parked.place), None
            row["parked"].append(parked.message_id)
            row["again"] = [each for each in row["again"] if each != parked.message_id]
        case MessagesReplayed():
            row["again"] += [each for each in event.message_ids if each in row["parked"]]
            row["parked"] = [each for each in row["parked"] if each not in event.message_ids]
        case ReplayTaken():
            row["again"] = [each for each in row["again"] if each != event.message_id]
            row["failed_at"] = None
    rows.put(ENDPOINTS, row)


VIEW = EndpointsView()


@dataclass(frozen=True, slots=True)
class EndpointReads:
    """`webhook_ports.EndpointReads`, answered from the view."""

    views: Views

    def all(self) -> Mapping[str, webhook_ports.Endpoint]:
        """All of them, by webhook."""
        with self.views.read(VIEW.name) as cursor:
            rows = cursor.execute("SELECT webhook_id, until, again FROM endpoints").fetchall()
        return {
            row["webhook_id"]: webhook_ports.Endpoint(until=row["until"], again=len(row["again"]))
            for row in rows
        }
