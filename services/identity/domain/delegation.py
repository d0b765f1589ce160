"""A delegation: a body lets another one use a power in its place, within an area, for affairs and a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath, within
from services.identity.domain import delegation_refusals as unfit

LONGEST = timedelta(days=366)
"""For how long a power is delegated without being looked at again."""


class Power(StrEnum):
    """What one body lets another one do, the narrower first."""

    READ_CASES = "read_cases"
    WORK_ON_CASES = "work_on_cases"

    def includes(self, other: "Power") -> bool:
        """Whether who has this one may do all that the other allows."""
        return self is Power.WORK_ON_CASES or other is self


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is delegated, by whom to whom. No affairs: all. `area_path` is "" where there is no limit.

    `origin_body_id` is the body whose power it is, `under_id` the delegation by which the delegating body
    received it ("": it is its own).
    """

    power: Power
    origin_body_id: str
    from_body_id: str
    to_body_id: str
    under_id: str
    area_id: str
    area_path: AreaPath
    affair_ids: tuple[str, ...]
    since: datetime
    until: datetime

    def includes(self, other: "Terms") -> bool:
        """Whether the other terms are no wider: in power, area, affairs and period."""
        of_affairs = not self.affair_ids or (
            bool(other.affair_ids) and {*other.affair_ids} <= {*self.affair_ids}
        )
        return (
            of_affairs
            and self.power.includes(other.power)
            and within(other.area_path or None, self.area_path)
            and self.since <= other.since
            and other.until <= self.until
        )


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerDelegated:
    """A body lets another one use a power."""

    delegation_id: str
    terms: Terms
    delegated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEnded:
    """It was ended before its time."""

    delegation_id: str
    area_path: AreaPath
    ended_at: datetime


DelegationEvent = PowerDelegated | DelegationEnded


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody delegated anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated:
    """What was delegated, and since when no more."""

    delegated: PowerDelegated
    ended_at: datetime | None = None

    @property
    def terms(self) -> Terms:
        """What is delegated."""
        return self.delegated.terms


Delegation = Unknown | Delegated


# Evolve


def evolve(delegation: Delegation, event: DelegationEvent) -> Delegation:
    """The delegation after the event."""
    match event:
        case PowerDelegated():
            return Delegated(delegated=event)
        case DelegationEnded():
            if isinstance(delegation, Unknown):
                return delegation
            return Delegated(delegated=delegation.delegated, ended_at=event.ended_at)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegatePower:
    """Delegate it. `under`: the delegation by which the delegating body received the power."""

    delegation_id: str
    terms: Terms
    under: Delegated | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDelegation:
    """Delegate no more."""

    delegation_id: str
    at: datetime


DelegationCommand = DelegatePower | EndDelegation


# Decide


def decide(command: DelegationCommand, delegation: Delegation) -> Sequence[DelegationEvent]:
    """Two bodies, a period with an end, passed on once and never wider; ended once."""
    match command:
        case DelegatePower():
            return [_delegated(command)] if isinstance(delegation, Unknown) else []
        case EndDelegation():
            if isinstance(delegation, Unknown):
                raise unfit.delegation_is_unknown(command.delegation_id)
            ended = DelegationEnded(
                delegation_id=command.delegation_id,
                area_path=delegation.terms.area_path,
                ended_at=command.at,
            )
            return [] if delegation.ended_at else [ended]


def _delegated(command: DelegatePower) -> PowerDelegated:
    terms = command.terms
    if not terms.since < terms.until or not command.at < terms.until <= command.at + LONGEST:
        raise unfit.delegation_period_is_unfit()
    if terms.to_body_id in (terms.from_body_id, terms.origin_body_id):
        raise unfit.delegation_is_a_circle()
    if command.under is not None:
        _check_passed_on(terms, command.under, command.at)
    return PowerDelegated(delegation_id=command.delegation_id, terms=terms, delegated_at=command.at)


def _check_passed_on(terms: Terms, under: Delegated, at: datetime) -> None:
    """Refuse what the delegating body did not receive, or received from one that had received it itself."""
    received = under.terms
    if received.to_body_id != terms.from_body_id:
        raise unfit.delegation_is_unknown(terms.under_id)
    if received.under_id:
        raise unfit.delegation_was_passed_on()
    if under.ended_at is not None or at >= received.until:
        raise unfit.delegation_is_not_in_force()
    if not received.includes(terms):
        raise unfit.delegation_is_too_wide()


DELEGATION: Decider[DelegationCommand, Delegation, DelegationEvent] = Decider(
    category="delegation", initial=Unknown(), decide=decide, evolve=evolve
)
