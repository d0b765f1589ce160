"""Everything that identity can be told to do. Moments, ids and hashes arrive inside."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.personal import Personal
from libs.ledger.text import Text
from services.identity.domain.values import BodyKind, Level, NaturalKey, Purpose, Role, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What an area must know of the one above it."""

    area_id: str
    level: Level
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBoundary:
    """Give an area another boundary, which has been checked; without `valid_from` from now on."""

    area_id: str
    boundary: str
    note: str
    valid_from: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineArea:
    """Put an area into the tree (without a parent as a root), with its boundary if that is known."""

    area_id: str
    parent: Parent | None
    level: Level
    name: Text
    boundary: ChangeBoundary | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterBody:
    """Make a body known, or find the one that has this key."""

    body_id: str
    key: NaturalKey
    kind: BodyKind
    name: Text
    area_id: str
    area_path: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterResident:
    """Make a person known, or find the one who has this key."""

    resident_id: str
    key: NaturalKey
    key_digest: str
    name: Personal
    phone: Personal
    address: Personal
    area_id: str
    area_path: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseResident:
    """Make everything personal about a person unreadable, for ever."""

    resident_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosePersonalData:
    """Note that somebody is shown personal data."""

    resident_id: str
    fields: tuple[str, ...]
    purpose: Purpose
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Let a party act in a role."""

    party_id: str
    role: Role
    within: Within
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """End a grant, and the sessions that relied on it."""

    grant_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSessions:
    """Make all tokens given so far worthless."""

    party_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAccess:
    """End all grants and sessions of a party."""

    party_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogin:
    """Let a person log in."""

    login_id: str
    party_id: str
    login_name: Personal
    password_hash: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Replace the password of a login."""

    password_hash: Personal
    at: datetime


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
class RetireClient:
    """Give a client no more tokens."""

    client_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IntroduceSigningKey:
    """Sign with another key soon; `retire_earlier`: at once, and trust those before it no more."""

    key_id: str
    generation: int
    public_key: str
    retire_earlier: bool
    at: datetime


AreaCommand = DefineArea | ChangeBoundary
ResidentCommand = RegisterResident | EraseResident
AccessCommand = GrantRole | RevokeRole | RevokeSessions | EndAccess
LoginCommand = CreateLogin | SetPassword
ClientCommand = RegisterClient | ChangeClientSecret | ChangeClientScopes | RetireClient
