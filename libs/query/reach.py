"""How far a caller's grants reach, as a question about one thing and as a condition over a view's rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from libs.ledger.decider import Kind, Refusal
from libs.query.conditions import EVERYTHING, NOTHING, Condition
from libs.rules.areas import AreaPath, within

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The area, the body and the affair that a thing falls under, as far as it has them."""

    area_path: AreaPath | None = None
    body_id: str | None = None
    affair_id: str | None = None


Permit = Callable[[Jurisdiction], None]
"""Refuses (PERMISSION_DENIED, OUT_OF_REACH) what the caller's grants do not cover."""


def permitting(permit: Permit, of: Callable[[S], Jurisdiction]) -> Callable[[S], None]:
    """The permit as a check of states: what `Stream.handle` calls with the state that a command meets."""
    return lambda state: permit(of(state))


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
        return within(area_path, self.path)

    def includes(self, other: "Limit") -> bool:
        """Whether all that the other covers is covered by this one, too."""
        return self.body in ("", other.body) and within(other.path or None, self.path)

    def condition(self, area_column: str, body_column: str) -> Condition:
        """The same as SQL over the columns of a view; a column that is "" meets no limit."""
        if (self.body and not body_column) or (self.path and not area_column):
            return NOTHING
        of_body = Condition(f"{body_column} = %s", (self.body,)) if self.body else EVERYTHING
        return of_body & Condition.within(area_column, self.path)


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

    @property
    def by_area(self) -> "Reach":
        """The same grants for things that have no body, such as people and their homes: each by its area.

        A grant for a body alone covers none of them. Not for what only has no body yet, such as a case that
        nobody has taken.
        """
        named = (limit for limit in self.limits if limit.path or not limit.body)
        return Reach(tuple(dict.fromkeys(Limit(path=limit.path) for limit in named)))

    def names(self, body: str | None) -> bool:
        """Whether one of the grants is for this very body: who holds it by `cases.work` works there."""
        return bool(body) and any(limit.body == body for limit in self.limits)

    def working_for(self, body: str) -> "Reach":
        """The grants for this very body, not for areas alone. Refuses (OUT_OF_REACH) if there are none."""
        held = Reach(tuple(limit for limit in self.limits if limit.body == body))
        if not held.limits:
            raise not_covered(None, body)
        return held

    def covers(self, *, area_path: str | None = None, body: str | None = None) -> bool:
        """Whether one of the grants covers the thing."""
        return any(limit.covers(area_path, body) for limit in self.limits)

    def includes(self, other: "Reach") -> bool:
        """Whether each grant of the other lies within one of these."""
        return all(any(limit.includes(each) for limit in self.limits) for each in other.limits)

    def over(self, area_of: Callable[[AreaPath], AreaPath]) -> "Reach":
        """The same grants, each for the area that `area_of` makes of its own: what the public sees of it."""
        return Reach(tuple(Limit(area_of(AreaPath(each.path)), each.body) for each in self.limits))

    def require(self, *, area_path: str | None = None, body: str | None = None) -> None:
        """Refuse (PERMISSION_DENIED, OUT_OF_REACH) unless one of the grants covers the thing."""
        if not self.covers(area_path=area_path, body=body):
            raise not_covered(area_path, body)

    def condition(self, *, area_column: str = "", body_column: str = "") -> Condition:
        """The reach as a WHERE condition over a view's columns (`false` for an empty reach)."""
        if self.everything:
            return EVERYTHING
        return Condition.any_of([limit.condition(area_column, body_column) for limit in self.limits])


def not_covered(area_path: str | None, body: str | None) -> Refusal:
    """The caller holds the scope, but not for this area or body."""
    facts = {name: value for name, value in (("area_path", area_path), ("body_id", body)) if value}
    return Refusal(
        Kind.PERMISSION,
        "OUT_OF_REACH",
        "your grants do not cover this area or body; ask for a grant that does",
        **facts,
    )


def area_too_small(area_path: AreaPath, shown: AreaPath) -> Refusal:
    """So few people live in a grid cell that what lies in it would tell who they are."""
    return Refusal(
        Kind.PERMISSION,
        "AREA_TOO_SMALL",
        f"so small an area is shown only to those who may read its cases: ask for {shown}",
        area_path=area_path,
        shown_path=shown,
    )
