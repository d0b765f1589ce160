"""What a party may do: the grants it holds, and since when its tokens count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain import refusals
from services.identity.domain.values import NEVER_TOGETHER, TWO_PERSONS, Role, Within, grant_id

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """A party may act in a role, within an area, for a body, or both."""

    party_id: str
    grant_id: str
    role: Role
    within: Within
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLent:
    """A party may act in a role until a moment. The same grant again: until another one.

    A type of its own: a release that did not know the end would take the grant for one without.
    """

    party_id: str
    grant_id: str
    role: Role
    within: Within
    granted_at: datetime
    until: datetime


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


AccessEvent = RoleGranted | RoleLent | RoleRevoked | SessionsRevoked


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role within limits, held since a moment, and until one if it was lent."""

    grant_id: str
    party_id: str
    role: Role
    within: Within
    granted_at: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it has not come to its end by then."""
        return self.until is None or at < self.until

    @property
    def runs_installation(self) -> bool:
        """Whether it makes its holder operator without limits."""
        return self.role is Role.OPERATOR and self.within.everywhere

    @property
    def size(self) -> int:
        """Characters that it takes in a token."""
        within = self.within
        return len(self.role.value) + len(within.area_id + within.area_path + within.body_id) + 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The grants by their id, and the moment before which tokens were revoked.

    A grant that came to its end stays among them until another one is given: ask `held`.
    """

    grants: Mapping[str, Grant] = field(default_factory=dict)
    revoked_before: datetime | None = None

    def held(self, at: datetime) -> Mapping[str, Grant]:
        """The grants that hold at a moment."""
        return {key: grant for key, grant in self.grants.items() if grant.holds(at)}


# Evolve


def evolve(access: Access, event: AccessEvent) -> Access:
    """What the party may do after the event."""
    match event:
        case RoleGranted() | RoleLent():
            grant = Grant(
                grant_id=event.grant_id,
                party_id=event.party_id,
                role=event.role,
                within=event.within,
                granted_at=event.granted_at,
                until=event.until if isinstance(event, RoleLent) else None,
            )
            return replace(access, grants={**access.held(event.granted_at), event.grant_id: grant})
        case RoleRevoked():
            rest = {key: grant for key, grant in access.grants.items() if key != event.grant_id}
            return replace(access, grants=rest)
        case SessionsRevoked():
            return replace(access, revoked_before=event.before)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Let a party act in a role, or move the end of a grant.

    `agreed`: two persons did, or somebody at the machine. `until`: the first moment without the role.
    `post_id`: the role is that of a post, which ends apart from the same one that was granted by hand.
    """

    party_id: str
    role: Role
    within: Within
    at: datetime
    agreed: bool = False
    until: datetime | None = None
    post_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGrants:
    """End those of these grants that are held, and the sessions that relied on them."""

    grant_ids: tuple[str, ...]
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


AccessCommand = GrantRole | EndGrants | RevokeRole | RevokeSessions | EndAccess


# Decide


ROOM = 4000
"""Characters that a party's grants may take together: they all travel in each of its tokens."""
SOON = timedelta(seconds=10)
"""A grant that ends so soon is not put into a token any more: a token lives no longer than its grants."""


def decide(command: AccessCommand, access: Access) -> Sequence[AccessEvent]:
    """Grants are held once, some never together; ending one ends the sessions that carry it."""
    match command:
        case GrantRole():
            return _grant(command, access)
        case EndGrants():
            held = access.held(command.at)
            return _ended([held[key] for key in command.grant_ids if key in held], command.at)
        case RevokeRole():
            held = access.held(command.at)
            if command.grant_id not in held:
                raise refusals.grant_is_unknown(command.grant_id)
            return _ended([held[command.grant_id]], command.at)
        case RevokeSessions():
            return [SessionsRevoked(subject=command.party_id, before=command.at)]
        case EndAccess():
            revoked = SessionsRevoked(subject=command.party_id, before=command.at)
            return _ended(access.grants.values(), command.at) or [revoked]


def _grant(command: GrantRole, access: Access) -> Sequence[AccessEvent]:
    known = grant_id(command.party_id, command.role, command.within, command.post_id)
    if command.role in TWO_PERSONS and not command.agreed:
        raise refusals.two_persons_are_needed(command.role)
    if command.until is not None and command.until <= command.at:
        raise refusals.grant_ends_in_the_past()
    held = access.held(command.at)
    if known in held:
        return _with_other_end(command, held[known])
    check_company(command.role, access, command.at)
    granted = _granted(command, known)
    if sum(grant.size for grant in evolve(access, granted).grants.values()) > ROOM:
        raise refusals.grants_are_too_many(len(held))
    return [granted]


def _with_other_end(command: GrantRole, held: Grant) -> Sequence[AccessEvent]:
    """A grant that is held is moved to another end; tokens that outlive a nearer one are ended."""
    if command.until == held.until:
        return []
    moved = _granted(command, held.grant_id)
    if command.until is None or (held.until is not None and held.until < command.until):
        return [moved]
    return [moved, SessionsRevoked(subject=command.party_id, before=command.at)]


def _granted(command: GrantRole, known: str) -> RoleGranted | RoleLent:
    granted = RoleGranted(
        party_id=command.party_id,
        grant_id=known,
        role=command.role,
        within=command.within,
        granted_at=command.at,
    )
    if command.until is None:
        return granted
    return RoleLent(
        party_id=granted.party_id,
        grant_id=granted.grant_id,
        role=granted.role,
        within=granted.within,
        granted_at=granted.granted_at,
        until=command.until,
    )


def check_company(role: Role, access: Access, at: datetime) -> None:
    """Refuse (ROLES_EXCLUDE_EACH_OTHER) a role that excludes one that the party holds then."""
    for grant in access.held(at).values():
        if any(role in roles and grant.role in roles and role is not grant.role for roles in NEVER_TOGETHER):
            raise refusals.roles_exclude_each_other(role, grant.role)


def _ended(grants: Collection[Grant], at: datetime) -> list[AccessEvent]:
    ended: list[AccessEvent] = [
        RoleRevoked(
            party_id=grant.party_id,
            grant_id=grant.grant_id,
            role=grant.role,
            within=grant.within,
            revoked_at=at,
        )
        for grant in grants
    ]
    parties = dict.fromkeys(grant.party_id for grant in grants)
    return ended + [SessionsRevoked(subject=party_id, before=at) for party_id in parties]


ACCESS: Decider[AccessCommand, Access, AccessEvent] = Decider(
    category="access", initial=Access(), decide=decide, evolve=evolve
)
