"""Whose tokens count no more?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.domain.events import ClientRetired, ClientSecretChanged, SessionsRevoked


class RevokedTokensView(View):
    """By party or client, the moment before which tokens were revoked."""

    name = "revoked_tokens"
    tables = (
        Table(
            "revocations",
            {"subject": "text", "before": "timestamptz"},
            key=("subject",),
            indexes=("before",),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep the newest moment of each."""
        match recorded.event:
            case SessionsRevoked() as event:
                rows.put("revocations", {"subject": event.subject, "before": event.before})
            case ClientSecretChanged() as event:
                rows.put("revocations", {"subject": event.client_id, "before": event.changed_at})
            case ClientRetired() as event:
                rows.put("revocations", {"subject": event.client_id, "before": event.retired_at})
            case _:
                """Not asked here."""


class Revocations:
    """Answers from the view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def since(self, earliest: datetime, patience: float) -> Mapping[str, datetime]:
        """By subject, the moment before which tokens count no more, if that is after `earliest`."""
        with self._views.read(RevokedTokensView.name, timeout=patience) as cursor:
            rows = cursor.execute(
                "SELECT subject, before FROM revocations WHERE before > %s ORDER BY subject", (earliest,)
            ).fetchall()
        return {row["subject"]: row["before"] for row in rows}
