"""Whose tokens count no more?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.domain.access import SessionsRevoked
from services.identity.domain.client import ClientRetired, ClientSecretChanged


class RevocationRow(TypedDict):
    """Since when the tokens of a party or client count."""

    subject: str
    before: datetime


REVOCATIONS = Table.of("revocations", RevocationRow, key=("subject",), indexes=("before",))


class RevokedTokensView(View):
    """By party or client, the moment before which tokens were revoked."""

    name = "revoked_tokens"
    tables = (REVOCATIONS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep the newest moment of each."""
        match recorded.event:
            case SessionsRevoked() as event:
                rows.put(REVOCATIONS, RevocationRow(subject=event.subject, before=event.before))
            case ClientSecretChanged() as event:
                rows.put(REVOCATIONS, RevocationRow(subject=event.client_id, before=event.changed_at))
            case ClientRetired() as event:
                rows.put(REVOCATIONS, RevocationRow(subject=event.client_id, before=event.retired_at))
            case _:
                pass


VIEW = RevokedTokensView()


@dataclass(frozen=True, slots=True)
class RevocationReads:
    """`ports.RevocationReads`, answered from the view."""

    views: Views

    def since(self, earliest: datetime, patience: float) -> Mapping[str, datetime]:
        """By subject, the moment before which tokens count no more, if that is after `earliest`."""
        with self.views.read(VIEW.name, timeout=patience) as cursor:
            rows = cursor.execute(
                "SELECT subject, before FROM revocations WHERE before > %s ORDER BY subject", (earliest,)
            ).fetchall()
        return {row["subject"]: row["before"] for row in rows}
