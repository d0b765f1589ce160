"""A client: a program of a partner or of the operator, with a secret and scopes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import refusals
from services.identity.domain.commands import (
    ChangeClientScopes,
    ChangeClientSecret,
    ClientCommand,
    RegisterClient,
    RetireClient,
)
from services.identity.domain.events import (
    ClientEvent,
    ClientRegistered,
    ClientRetired,
    ClientScopesChanged,
    ClientSecretChanged,
)
from services.identity.domain.values import Role, Within


@dataclass(frozen=True, slots=True)
class Unknown:
    """No client has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A client that may ask for tokens."""

    client_id: str
    name: str
    role: Role
    scopes: tuple[str, ...]
    within: Within
    secret_hash: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A client of the past."""

    client_id: str
    name: str
    within: Within


Client = Unknown | Active | Retired


def decide(command: ClientCommand, client: Client) -> Sequence[ClientEvent]:
    """A client is registered once, changed while active, and retired for good."""
    match client:
        case Active():
            return _change(command, client)
        case Unknown() if isinstance(command, RegisterClient):
            return [_registered(command)]
        case Retired() if isinstance(command, RetireClient):
            return []
        case Unknown() | Retired():
            raise refusals.client_is_unknown(command.client_id)


def evolve(client: Client, event: ClientEvent) -> Client:
    """The client after the event."""
    match event:
        case ClientRegistered():
            return Active(
                client_id=event.client_id,
                name=event.name,
                role=event.role,
                scopes=event.scopes,
                within=event.within,
                secret_hash=event.secret_hash,
            )
        case _ if not isinstance(client, Active):
            return client
        case ClientSecretChanged():
            return replace(client, secret_hash=event.secret_hash)
        case ClientScopesChanged():
            return replace(client, scopes=event.scopes)
        case ClientRetired():
            return Retired(client_id=client.client_id, name=client.name, within=client.within)


def _change(command: ClientCommand, client: Active) -> Sequence[ClientEvent]:
    match command:
        case RegisterClient():
            raise refusals.client_exists(client.client_id)
        case ChangeClientSecret():
            return [
                ClientSecretChanged(
                    client_id=client.client_id, secret_hash=command.secret_hash, changed_at=command.at
                )
            ]
        case ChangeClientScopes():
            if command.scopes == client.scopes:
                return []
            return [
                ClientScopesChanged(client_id=client.client_id, scopes=command.scopes, changed_at=command.at)
            ]
        case RetireClient():
            return [ClientRetired(client_id=client.client_id, retired_at=command.at)]


def _registered(command: RegisterClient) -> ClientRegistered:
    return ClientRegistered(
        client_id=command.client_id,
        name=command.name,
        role=command.role,
        scopes=command.scopes,
        within=command.within,
        secret_hash=command.secret_hash,
        registered_at=command.at,
    )


CLIENT: Decider[ClientCommand, Client, ClientEvent] = Decider(
    category="client", initial=Unknown(), decide=decide, evolve=evolve
)
