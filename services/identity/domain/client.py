"""A client: a program of a partner or of the operator, with a secret and scopes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import refusals
from services.identity.domain.values import Quota, Role, Within

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistered:
    """A program may ask for tokens with these scopes, in this role, within these limits."""

    client_id: str
    name: str
    role: Role
    scopes: tuple[str, ...]
    within: Within
    secret_hash: Personal
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretChanged:
    """The client has another secret; the old one counts no more."""

    client_id: str
    secret_hash: Personal
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientScopesChanged:
    """The client's tokens carry other scopes from now on."""

    client_id: str
    scopes: tuple[str, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientQuotaSet:
    """The client's tokens carry this quota from now on; None: the usual."""

    client_id: str
    quota: Quota | None
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRetired:
    """The client gets no more tokens, and those it has count no more."""

    client_id: str
    retired_at: datetime


ClientEvent = ClientRegistered | ClientSecretChanged | ClientScopesChanged | ClientQuotaSet | ClientRetired


# Situations


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
    quota: Quota | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A client of the past."""

    client_id: str
    name: str
    within: Within


Client = Unknown | Active | Retired


# Evolve


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
        case ClientQuotaSet():
            return replace(client, quota=event.quota)
        case ClientRetired():
            return Retired(client_id=client.client_id, name=client.name, within=client.within)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterClient:
    """Let a program ask for tokens."""

    client_id: str
    name: str
    role: Role
    scopes: tuple[str, ...]
    within: Within
    secret_hash: Personal
    at: datetime
    quota: Quota | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeClientSecret:
    """Replace a client's secret."""

    client_id: str
    secret_hash: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeClientScopes:
    """Replace the scopes of a client's tokens."""

    client_id: str
    scopes: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClientQuota:
    """Replace the quota of a client's tokens; None: the usual."""

    client_id: str
    quota: Quota | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireClient:
    """Give a client no more tokens."""

    client_id: str
    at: datetime


ClientCommand = RegisterClient | ChangeClientSecret | ChangeClientScopes | SetClientQuota | RetireClient


# Decide


def decide(command: ClientCommand, client: Client) -> Sequence[ClientEvent]:
    """A client is registered once, changed while active, and retired for good."""
    match client:
        case Active():
            return _change(command, client)
        case Unknown() if isinstance(command, RegisterClient):
            return _registered(command)
        case Retired() if isinstance(command, RetireClient):
            return []
        case Unknown() | Retired():
            raise refusals.client_is_unknown(command.client_id)


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
        case SetClientQuota():
            if command.quota == client.quota:
                return []
            return [ClientQuotaSet(client_id=client.client_id, quota=command.quota, set_at=command.at)]
        case RetireClient():
            return [ClientRetired(client_id=client.client_id, retired_at=command.at)]


def _registered(command: RegisterClient) -> Sequence[ClientEvent]:
    registered = ClientRegistered(
        client_id=command.client_id,
        name=command.name,
        role=command.role,
        scopes=command.scopes,
        within=command.within,
        secret_hash=command.secret_hash,
        registered_at=command.at,
    )
    if command.quota is None:
        return [registered]
    return [registered, ClientQuotaSet(client_id=command.client_id, quota=command.quota, set_at=command.at)]


CLIENT: Decider[ClientCommand, Client, ClientEvent] = Decider(
    category="client", initial=Unknown(), decide=decide, evolve=evolve
)
