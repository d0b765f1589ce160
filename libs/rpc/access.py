"""Who calls, what their roles allow, and how far their grants reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from linli.options.v1 import access_pb2

from libs.ledger.decider import Kind, Refusal
from libs.rpc.conditions import EVERYTHING, NOTHING, Condition


@cache
def scopes_of_roles() -> Mapping[str, frozenset[str]]:
    """The scopes that each role gives, read from the proto: `{"RESIDENT": {"areas.read", …}}`."""
    roles = access_pb2.Role.DESCRIPTOR.values
    return {
        value.name.removeprefix("ROLE_"): frozenset(
            value.GetOptions().Extensions[access_pb2.scopes].split(",")
        )
        for value in roles
        if value.number
    }


@dataclass(frozen=True, slots=True)
class Limit:
    """How far one grant reaches: within an area (and all below it), for a body, both, or without limit.

    `path` is the area's path: the ids from the root, joined by `/` (`la/central/nc-12`).
    A thing is covered when it meets every limit that is named.
    """

    path: str = ""
    body: str = ""

    def covers(self, area_path: str | None, body: str | None) -> bool:
        """Whether a thing in the area at `area_path`, owned by `body`, is within this limit."""
        if self.body and self.body != body:
            return False
        return not self.path or (
            area_path is not None and (area_path == self.path or area_path.startswith(self.path + "/"))
        )

    def condition(self, area_column: str, body_column: str) -> Condition:
        """The same as SQL over the columns of a view; a column that is "" meets no limit."""
        parts: list[str] = []
        params: list[object] = []
        if self.body:
            parts.append(f"{body_column} = %s" if body_column else "false")
            params += [self.body] if body_column else []
        if self.path:
            parts.append(f"({area_column} = %s OR {area_column} ^@ %s)" if area_column else "false")
            params += [self.path, self.path + "/"] if area_column else []
        return Condition(" AND ".join(parts), tuple(params)) if parts else EVERYTHING


@dataclass(frozen=True, slots=True)
class Reach:
    """All that a caller's grants cover together, for the scopes of the rpc."""

    limits: tuple[Limit, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether a grant without limits is among them."""
        return Limit() in self.limits

    @property
    def areas(self) -> tuple[str, ...]:
        """The paths of the areas that are covered whatever the body."""
        return tuple(limit.path for limit in self.limits if limit.path and not limit.body)

    @property
    def bodies(self) -> tuple[str, ...]:
        """The bodies that are covered whatever the area."""
        return tuple(limit.body for limit in self.limits if limit.body and not limit.path)

    def covers(self, *, area_path: str | None = None, body: str | None = None) -> bool:
        """Whether one of the grants covers the thing."""
        return any(limit.covers(area_path, body) for limit in self.limits)

    def condition(self, *, area_column: str = "", body_column: str = "") -> Condition:
        """The reach as a WHERE condition over a view's columns (`false` for an empty reach)."""
        if self.everything:
            return EVERYTHING
        parts = [limit.condition(area_column, body_column) for limit in self.limits]
        return NOTHING if not parts else Condition.any_of(parts)


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
    only say where they hold. `by_scope` tells each scope's limits.
    """

    subject: str
    kind: str
    grants: tuple[Grant, ...]
    by_scope: Mapping[str, tuple[Limit, ...]]
    token_id: str = ""

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

    def has(self, scope: str) -> bool:
        """Whether the caller holds the scope anywhere."""
        return scope in self.by_scope

    def reach(self, *scopes: str) -> Reach:
        """How far the grants reach that give one of the scopes."""
        if len(scopes) == 1:
            return Reach(self.by_scope.get(scopes[0], ()))
        return Reach(tuple(dict.fromkeys(lim for scope in scopes for lim in self.by_scope.get(scope, ()))))


NOBODY = Caller(subject="", kind=ANONYMOUS, grants=(), by_scope={})


def caller_of(
    subject: str, kind: str, grants: Iterable[Grant], *, scopes: Iterable[str] = (), token_id: str = ""
) -> Caller:
    """The caller that a token's claims describe; `scopes` count for clients only."""
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
    return Caller(subject, kind, grants, limits, token_id)


def not_covered(area_path: str | None, body: str | None) -> Refusal:
    """The caller holds the scope, but not for this area or body."""
    facts = {name: value for name, value in (("area_path", area_path), ("body_id", body)) if value}
    return Refusal(
        Kind.PERMISSION,
        "OUT_OF_REACH",
        "your grants do not cover this area or body; ask for a grant that does",
        **facts,
    )
