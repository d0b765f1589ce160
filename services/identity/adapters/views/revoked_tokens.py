"""Whose tokens count no more?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views, position_of
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
        if row := revocation_in(recorded.event):
            rows.put(REVOCATIONS, row)


def revocation_in(event: object) -> RevocationRow | None:
    """The revocation in an event, if there is one."""
    match event:
        case SessionsRevoked():
            return RevocationRow(subject=event.subject, before=event.before)
        case ClientSecretChanged():
            return RevocationRow(subject=event.client_id, before=event.changed_at)
        case ClientRetired():
            return RevocationRow(subject=event.client_id, before=event.retired_at)
        case _:
            return None


VIEW = RevokedTokensView()


@dataclass(frozen=True, slots=True)
class RevocationReads:
    """The view's content, for whoever then follows the ledger."""

    views: Views

    def begin(self, earliest: datetime) -> tuple[Mapping[str, datetime], int]:
        """By subject, the moment before which tokens count no more, if that is after `earliest`; as of when.

        Raises `ViewBehind` while the view is being built.
        """
        with self.views.read(VIEW.name, timeout=1.0) as cursor:
            position = position_of(cursor, VIEW)
            rows = cursor.execute(
                "SELECT subject, before FROM revocations WHERE before > %s ORDER BY subject", (earliest,)
            ).fetchall()
        return {row["subject"]: row["before"] for row in rows}, position or 0
