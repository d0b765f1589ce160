"""Acting in the place of another body: by which delegation a call is made, and how far that reaches."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from libs.ledger.decider import Kind, Refusal
from libs.ledger.delegated import Delegated, delegation_not_valid
from libs.query.reach import Limit
from libs.rpc.access import PERSON, Caller, Grant
from libs.rpc.methods import DELEGATION, Method
from libs.rules.areas import AreaPath, meet

OFFICER = "CASE_OFFICER"
"""As whom an officer acts for another body."""
SCOPES: Mapping[str, frozenset[str]] = {
    "READ_CASES": frozenset({"cases.read"}),
    "WORK_ON_CASES": frozenset({"cases.read", "cases.work"}),
}
"""What each power allows, by its word. One that only a newer release knows allows nothing."""


class Delegations(Protocol):
    """The delegations that a service knows."""

    def of(self, delegation_id: str) -> Delegated | None:
        """The delegation; None if nothing of it was heard. Refuses (DELEGATION_NOT_VALID) what has ended."""


class Delegating:
    """Who may call one rpc in the place of another body."""

    def __init__(
        self, method: Method, delegations: Delegations | None, authorize: Callable[[Caller], None]
    ) -> None:
        """`authorize` is the rpc's door. Raises TypeError if it is declared and nobody knows delegations."""
        self._allowed = method.by_delegation
        self._delegations = delegations
        self._authorize = authorize
        if self._allowed and delegations is None:
            raise TypeError(f"{method.path} may be called by delegation, and nobody knows delegations")

    def stand_in(self, actor: Caller, delegation_id: str, now: datetime) -> tuple[Delegated, Caller]:
        """By which delegation somebody calls, and the caller as which.

        Refuses NOT_BY_DELEGATION, DELEGATION_UNKNOWN, DELEGATION_NOT_VALID, and what the rpc's door refuses
        to the officer themself, or to what the delegation allows.
        """
        if not self._allowed or self._delegations is None or actor.kind != PERSON:
            raise not_by_delegation()
        self._authorize(actor)
        delegated = self._delegations.of(delegation_id)
        if delegated is None:
            raise delegation_unknown(delegation_id)
        if not delegated.since <= now < delegated.until:
            raise delegation_not_valid()
        caller = _as_of(actor, delegated)
        if not caller.by_scope:
            raise delegation_not_valid()
        self._authorize(caller)
        return delegated, caller


def _as_of(actor: Caller, delegated: Delegated) -> Caller:
    """The officer with what the delegation allows of what they hold for their own body, and nothing else."""
    by_scope = {}
    for scope in SCOPES.get(delegated.power, ()):
        held = (limit for limit in actor.by_scope.get(scope, ()) if limit.body == delegated.to_body_id)
        paths = (meet(AreaPath(limit.path), delegated.within) for limit in held)
        limits = {Limit(path, delegated.origin_body_id): None for path in paths if path is not None}
        if limits:
            by_scope[scope] = tuple(limits)
    limits_held = dict.fromkeys(limit for limits in by_scope.values() for limit in limits)
    grants = tuple(Grant(OFFICER, body=limit.body, path=limit.path) for limit in limits_held)
    return replace(actor, grants=grants, by_scope=by_scope)


def not_by_delegation() -> Refusal:
    """This is not done in the place of another body."""
    message = f"this rpc cannot be called under a delegation, or not by you: leave {DELEGATION} out"
    return Refusal(Kind.PERMISSION, "NOT_BY_DELEGATION", message)


def delegation_unknown(delegation_id: str) -> Refusal:
    """Nothing of the delegation was heard here."""
    message = "there is no such delegation: take an id from identity (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "DELEGATION_UNKNOWN", message, delegation_id=delegation_id)
