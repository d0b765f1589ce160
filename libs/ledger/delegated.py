"""Delegations of powers from body to body, as a service keeps them that heard of them from identity."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.noted import Note, Noted, noting
from libs.rules.areas import AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated:
    """That officers of `to_body_id` may act on matters of `origin_body_id`.

    `power` is a word (`WORK_ON_CASES`). `within`: where; "" is wherever the origin may.
    `affair_ids`: on matters of which affairs; none is all.
    `under_id`: the delegation by which the power was received; "": it is the origin's own.
    """

    delegation_id: str
    power: str
    origin_body_id: str
    to_body_id: str
    under_id: str
    within: AreaPath
    affair_ids: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationNoted:
    """A power was delegated."""

    delegated: Delegated


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEndNoted:
    """A delegation has ended before its time."""

    delegation_id: str


DelegatedFact = DelegationNoted | DelegationEndNoted
DELEGATED: Decider[Note[DelegatedFact], Noted[DelegatedFact], DelegatedFact] = noting("delegated")


def delegation_not_valid() -> Refusal:
    """The delegation does not cover this call."""
    message = "this delegation does not let you act in the place of this body now; list the delegations"
    return Refusal(Kind.PERMISSION, "DELEGATION_NOT_VALID", message)
