"""By which names does a person log in?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.domain.login import LoginCreated


class LoginRow(TypedDict):
    """A login."""

    login_id: str
    party_id: str


LOGINS = Table.of("logins", LoginRow, key=("login_id",), indexes=("party_id",))
_OF = "SELECT login_id FROM logins WHERE party_id = %s ORDER BY login_id"


class LoginsView(View):
    """One row for each login: a name that is free again belongs to whoever took it last."""

    name = "logins"
    tables = (LOGINS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is created."""
        match recorded.event:
            case LoginCreated() as event:
                rows.put(LOGINS, LoginRow(login_id=event.login_id, party_id=event.party_id))
            case _:
                pass


VIEW = LoginsView()


@dataclass(frozen=True, slots=True)
class LoginReads:
    """`join_ports.LoginReads`, answered from the view."""

    views: Views

    def of(self, party_id: str) -> Sequence[str]:
        """The ids of a person's logins."""
        with self.views.read(VIEW.name) as cursor:
            return [row["login_id"] for row in cursor.execute(_OF, (party_id,))]
