"""Everything that can have happened in identity.

`Personal` marks what is stored enciphered under the key of its subject. Hashes of passwords
and secrets are marked so, too: they never leave the service.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.personal import Personal
from libs.ledger.text import Text
from services.identity.domain.values import BodyKind, KeyKind, Level, Purpose, Role, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDefined:
    """The tree has a new area; `path` are the ids from the root to it, joined by `/`."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: str
    defined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryChanged:
    """An area has another boundary (GeoJSON) from `valid_from` on; `note` says what was repaired."""

    area_id: str
    path: str
    version: int
    boundary: str
    valid_from: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRegistered:
    """A body is known; its key kind and value are public."""

    body_id: str
    kind: BodyKind
    name: Text
    key_kind: KeyKind
    key_value: str
    area_id: str
    area_path: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered:
    """A person is known; the natural key is kept as a keyed digest only."""

    resident_id: str
    key_kind: KeyKind
    key_digest: str
    name: Personal
    phone: Personal
    address: Personal
    area_id: str
    area_path: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErased:
    """The person's key was destroyed: what was personal about them cannot be read any more."""

    resident_id: str
    area_id: str
    area_path: str
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataDisclosed:
    """Somebody (the actor of the event) was shown personal data, and why."""

    resident_id: str
    fields: tuple[str, ...]
    purpose: Purpose
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """A party may act in a role, within an area, for a body, or both."""

    party_id: str
    grant_id: str
    role: Role
    within: Within
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked:
    """A grant has ended."""

    party_id: str
    grant_id: str
    role: Role
    within: Within
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsRevoked:
    """Tokens that the subject was given before `before` count no more."""

    subject: str
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginCreated:
    """A person can log in with a name and a password."""

    login_id: str
    party_id: str
    login_name: Personal
    password_hash: Personal
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSet:
    """The password of a login is another one."""

    login_id: str
    party_id: str
    password_hash: Personal
    set_at: datetime


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
class ClientRetired:
    """The client gets no more tokens, and those it has count no more."""

    client_id: str
    retired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyIntroduced:
    """Tokens will be signed with another key; `public_key` is raw Ed25519 in base64url."""

    key_id: str
    generation: int
    public_key: str
    introduced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyRetired:
    """Tokens signed with this key count no more."""

    key_id: str
    retired_at: datetime


AreaEvent = AreaDefined | BoundaryChanged
BodyEvent = BodyRegistered
ResidentEvent = ResidentRegistered | ResidentErased
AccessEvent = RoleGranted | RoleRevoked | SessionsRevoked
LoginEvent = LoginCreated | PasswordSet
ClientEvent = ClientRegistered | ClientSecretChanged | ClientScopesChanged | ClientRetired
KeyringEvent = SigningKeyIntroduced | SigningKeyRetired
