"""What the use cases of identity need from outside: answers of views, secrets, tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.domain.access import Grant
from services.identity.domain.consent.events import Confirmation, Terms
from services.identity.domain.keyring import SigningKey
from services.identity.domain.nomination import Outcome
from services.identity.domain.values import BodyKind, NaturalKey, Quota, Role, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRow:
    """A body, as shown."""

    body_id: str
    kind: BodyKind
    name: Text
    key: NaturalKey
    area_id: str
    area_path: AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """A client, as shown."""

    client_id: str
    name: str
    scopes: tuple[str, ...]
    within: Within
    retired: bool
    quota: Quota | None = None


class BodyReads(Protocol):
    """The bodies."""

    def one(self, body_id: str, fresh: Fresh) -> BodyRow | None:
        """One body."""

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[BodyRow], str]:
        """Bodies by id, and the token of the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedGrant:
    """A grant, and when it was confirmed last, if ever."""

    grant: Grant
    confirmed_at: datetime | None


class RoleReads(Protocol):
    """Who holds which roles."""

    def page(self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh) -> tuple[Sequence[Grant], str]:
        """The grants of a moment within reach by party, and the token of the next page."""

    def to_review(
        self, query: ListQuery, since: datetime, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[ReviewedGrant], str]:
        """Those neither given nor confirmed since then, the longest unseen first; the next token."""


class ClientReads(Protocol):
    """The clients."""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[ClientRow], str]:
        """Clients within reach by id, and the token of the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NominationRow:
    """A nomination, as listed. `outcome` is None as long as nobody decided."""

    nomination_id: str
    party_id: str
    role: Role
    within: Within
    nominator_id: str
    made_at: datetime
    expires_at: datetime
    outcome: Outcome | None
    decider_id: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerRow:
    """A proposal that two registrations are one person, or (`undoing`) are not."""

    merger_id: str
    merged_id: str
    survivor_id: str
    undoing: bool
    state: str
    proposer_id: str
    proposed_at: datetime
    expires_at: datetime
    decider_id: str


class MergerReads(Protocol):
    """What was proposed about registrations."""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[MergerRow], str]:
        """Proposals within reach, the newest first, and the token of the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """A consent, as listed and shown; `confirmation` is None as long as the resident did not confirm it."""

    consent_id: str
    terms: Terms
    recorded_at: datetime
    proposed_by: str = ""
    lapses_at: datetime | None = None
    confirmation: Confirmation | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    revoked_at: datetime | None = None


class ConsentReads(Protocol):
    """The consents."""

    def page(
        self, query: ListQuery, party_ids: Sequence[str], reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[ConsentRow], str]:
        """Consents that somebody gave or acts by, and those within reach, and the token of the next page."""


class NominationReads(Protocol):
    """The nominations."""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[NominationRow], str]:
        """Nominations within reach, the newest first, and the token of the next page."""


class RevocationReads(Protocol):
    """Whose tokens were revoked."""

    def since(self, earliest: datetime) -> Mapping[str, datetime]:
        """By subject, the moment before which tokens count no more, if that is after `earliest`."""


class Digests(Protocol):
    """Names for texts that cannot be turned back without our secret (`libs.ledger.privacy.keys.Keys`)."""

    def digest(self, purpose: str, text: str) -> str:
        """32 hexadecimal digits."""


class Hashing(Protocol):
    """Slow hashes of passwords and secrets. Refuses LOGINS_BUSY when too many are asked for at once."""

    def hash(self, secret: str) -> str:
        """A salted hash."""

    def matches(self, hashed: str | None, secret: str) -> bool:
        """Whether the secret is the one; as slow for None, which nothing matches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSigningKey:
    """The public half of a derived key."""

    key_id: str
    generation: int
    public_key: str


class SigningKeys(Protocol):
    """The private keys behind the keyring, derived from the Secret."""

    def derive(self, generation: int) -> PublicSigningKey:
        """The key of a generation."""

    def sign(self, claims: "TokenClaims", key: SigningKey) -> "Token":
        """A token with these claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What a token is to say; `scopes` for clients, a person's follow from the roles.

    Nobody takes the token any more from `until` on: then a grant in it comes to its end. `also` are other ids
    of the same person.
    """

    subject: str
    kind: str
    grants: tuple[tuple[Role, Within], ...]
    scopes: tuple[str, ...]
    issued_at: datetime
    lifetime: timedelta
    quota: Quota | None = None
    until: datetime | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token for its holder only."""

    text: str
    subject: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Never shows the token."""
        return f"Token({self.subject})"
