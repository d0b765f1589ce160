"""Who calls a release on a cluster from this machine, through its doors."""

import random
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from linli.identity.v1 import identity_service_pb2 as identity

from e2e.chaos.load import ANSWERED_WITHIN, Caller, Load
from e2e.city.platform import City
from e2e.cluster.doors import doors
from e2e.cluster.release import Release
from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Credentials, Refreshing, Token
from services.command.registry import NAMES

GRPC = 7400
OPERATOR = "operator"
"""The login of the first operator, as the chart makes it."""
_PATIENT = {"deadline": 60.0, "patience": Patience(tries=100, most=1.0)}
"""How callers try again who are not at work."""


@dataclass(frozen=True, slots=True)
class Callers:
    """The services' addresses, the authorities that callers trust, and the first operator's password."""

    addresses: Mapping[str, str]
    roots: bytes
    password: str

    def operator(self, **settings: Any) -> City:
        """The services in the first operator's name, who logs in again where a token is refused."""
        anonymous = self._enter(Token())
        asked = identity.LoginRequest(login_name=OPERATOR, password=self.password)
        return self._enter(Refreshing(lambda: _lasting(anonymous.identity.login(asked).token)), **settings)

    def partner(self, operator: City, scopes: list[str], **settings: Any) -> City:
        """The services in the name of a partner's client, which the operator registers."""
        asked = identity.RegisterClientRequest(request_id=str(uuid.uuid4()), name="a partner", scopes=scopes)
        made = operator.identity.register_client(asked)
        shown = identity.IssueClientTokenRequest(
            client_id=made.client.client_id, client_secret=made.client_secret
        )
        return self._enter(Token(operator.identity.issue_client_token(shown).token.access_token), **settings)

    def at_work(self, count: int, pause: float) -> Load:
        """People who live whole lives of cases, and try again as the partners' manual asks; a `with` long.

        The first try after a refused token is the client's own, every other is the load's.
        """
        stop, crowd = threading.Event(), secrets.token_hex(3)  # nobody uses a request_id of another run's
        people = [
            Caller(
                f"{crowd}-{number}",
                self.operator(deadline=ANSWERED_WITHIN, patience=Patience(tries=2)),
                random.Random(number),
                stop,
                pause,
            )
            for number in range(count)
        ]
        return Load(people, stop)

    def _enter(self, credentials: Credentials, **settings: Any) -> City:
        return City(connect(self.addresses, credentials, tls_roots=self.roots, **{**_PATIENT, **settings}))


@contextmanager
def calling(release: Release, roots: bytes) -> Iterator[Callers]:
    """Open the doors of a release."""
    services = {name: f"{release.fullname}-{name}" for name in NAMES}
    with doors(release.cluster, release.namespace, dict.fromkeys(services.values(), GRPC)) as at:
        password = release.secret("first-operator", "password").decode()
        yield Callers({name: at[service] for name, service in services.items()}, roots, password)


def _lasting(token: Any) -> tuple[str, float]:
    """A token, and for how many seconds it lasts."""
    return token.access_token, (token.expire_time.ToDatetime(UTC) - datetime.now(UTC)).total_seconds()
