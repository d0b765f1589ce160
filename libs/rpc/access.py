"""Who calls, and what their roles allow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from linli.options.v1 import access_pb2

from libs.query.reach import Limit, Reach
from libs.rpc.limits.quota import PERSON as PERSONS_QUOTA
from libs.rpc.limits.quota import Quota, usual


@cache
def scopes_of_roles() -> Mapping[str, frozenset[str]]:
    """The scopes that each role gives, read from the proto: `{"RESIDENT": {"areas.read", …}}`."""
    return _listed(access_pb2.scopes)


@cache
def roles_to_grant() -> Mapping[str, frozenset[str]]:
    """The roles that the holder of each role may grant: `{"OPERATOR": {"RESIDENT", …}, …}`."""
    return _listed(access_pb2.may_grant)


@cache
def roles_never_with() -> Mapping[str, frozenset[str]]:
    """The roles that nobody may hold beside each role."""
    return _listed(access_pb2.never_with)


@cache
def roles_of_two_persons() -> frozenset[str]:
    """The roles that nobody grants alone."""
    return frozenset(name for name, options in _roles() if options.Extensions[access_pb2.two_persons])


def _listed(option: Any) -> Mapping[str, frozenset[str]]:
    """What a comma separated option says of each role."""
    return {
        name: frozenset(filter(None, options.Extensions[option].split(","))) for name, options in _roles()
    }


def _roles() -> list[tuple[str, Any]]:
    values = access_pb2.Role.DESCRIPTOR.values
    return [(value.name.removeprefix("ROLE_"), value.GetOptions()) for value in values if value.number]


PRIVILEGES_UNKNOWN = (
    "this process has not heard for long whose tokens were revoked, so it serves only what needs no"
    " privilege; try again"
)
UNPRIVILEGED = frozenset({"areas.read", "bodies.read", "catalog.read", "supervision.read", "cases.open"})
"""Scopes that read what everybody may know, or report a matter. All others are privileged: they are refused
while revocations may be missing. The table in access.proto says the same.
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody holds, within an area, for a body, both, or without limit."""

    role: str
    area: str = ""
    body: str = ""
    path: str = ""

    @property
    def limit(self) -> Limit:
        """How far the grant reaches."""
        return Limit(self.path, self.body)


ANONYMOUS = "anonymous"
PERSON = "person"
CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person, a partner's client, or nobody in particular.

    A person's scopes follow from the roles; a client's are those of its token, its grants
    only say where they hold. `by_scope` tells each scope's limits. `withheld` are privileged scopes that they
    hold, but that do not count while the key set is stale. `also` are other ids of the same person, whose
    registrations were merged into that of `subject`.
    """

    subject: str
    kind: str
    grants: tuple[Grant, ...]
    by_scope: Mapping[str, tuple[Limit, ...]]
    token_id: str = ""
    withheld: frozenset[str] = frozenset()
    quota: Quota = PERSONS_QUOTA
    also: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids under which something of theirs may lie, `subject` first."""
        return (self.subject, *self.also)

    @property
    def anonymous(self) -> bool:
        """Whether the call came without a token."""
        return self.kind == ANONYMOUS

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the roles held, sorted."""
        return tuple(sorted({grant.role for grant in self.grants}))

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes held."""
        return frozenset(self.by_scope)

    def without_privileges(self) -> "Caller":
        """The same caller while nobody can tell whether they still hold what their token says."""
        kept = {scope: limits for scope, limits in self.by_scope.items() if scope in UNPRIVILEGED}
        return replace(self, by_scope=kept, withheld=self.scopes - UNPRIVILEGED)

    def has(self, scope: str) -> bool:
        """Whether the caller holds the scope anywhere."""
        return scope in self.by_scope

    def may_grant(self, role: str, *, area_path: str | None = None, body: str | None = None) -> bool:
        """Whether the caller may grant, change or end a role there (none given: without limit).

        A person may by one of their own roles, where that one reaches. A client has no role to
        grant by: it may hand on what it holds, which is every scope of the role, but no role
        that takes two persons.
        """
        if self.kind == CLIENT:
            scopes = scopes_of_roles().get(role, frozenset())
            held = all(self.reach(scope).covers(area_path=area_path, body=body) for scope in scopes)
            return bool(scopes) and held and role not in roles_of_two_persons()
        return any(
            role in roles_to_grant().get(grant.role, ()) and grant.limit.covers(area_path, body)
            for grant in self.grants
        )

    def reach(self, *scopes: str) -> Reach:
        """How far the grants reach that give one of the scopes."""
        if len(scopes) == 1:
            return Reach(self.by_scope.get(scopes[0], ()))
        return Reach(tuple(dict.fromkeys(lim for scope in scopes for lim in self.by_scope.get(scope, ()))))


def holds_none_of(caller: Caller, scopes: Iterable[str]) -> str:
    """What a caller is told who holds none of the scopes that are needed."""
    held = "this client was given" if caller.kind == CLIENT else "your roles give"
    return f"{held} none of the scopes {', '.join(scopes)}: ask an operator for one of them"


NOBODY = Caller(subject="", kind=ANONYMOUS, grants=(), by_scope={})


def caller_of(
    subject: str,
    kind: str,
    grants: Iterable[Grant],
    *,
    scopes: Iterable[str] = (),
    token_id: str = "",
    quota: Quota | None = None,
) -> Caller:
    """The caller that a token's claims describe; `scopes` count for clients only.

    Without a `quota` of their own they have the usual one.
    """
    grants = tuple(grants)
    by_scope: dict[str, dict[Limit, None]] = {}
    if kind == CLIENT:
        for scope in scopes:
            by_scope[scope] = dict.fromkeys(grant.limit for grant in grants)
    else:
        for grant in grants:
            for scope in scopes_of_roles().get(grant.role, ()):
                by_scope.setdefault(scope, {})[grant.limit] = None
    limits = {scope: tuple(found) for scope, found in by_scope.items()}
    return Caller(
        subject, kind, grants, limits, token_id, quota=quota or usual(limits, client=kind == CLIENT)
    )
