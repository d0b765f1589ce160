"""Consents to act in somebody's name, as a service keeps them that heard of them from identity."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.noted import Note, Noted, noting
from libs.rules.areas import AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """That a resident lets a helper act in their name; `purposes` are words (`REPORT_CASES`).

    `within`: where the helper may act; "" is wherever the resident may. `home`: where the resident lives.
    """

    consent_id: str
    resident_id: str
    helper_id: str
    purposes: tuple[str, ...]
    within: AreaPath
    home: AreaPath
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGivenNoted:
    """A consent was given."""

    consent: Consented


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEndNoted:
    """A consent has ended before its time."""

    consent_id: str


ConsentedFact = ConsentGivenNoted | ConsentEndNoted
CONSENTED: Decider[Note[ConsentedFact], Noted[ConsentedFact], ConsentedFact] = noting("consented")


def consent_not_valid() -> Refusal:
    """The consent does not cover this call."""
    message = "this consent does not let you do this in this person's name now: ask them for a new one"
    return Refusal(Kind.PERMISSION, "CONSENT_NOT_VALID", message)
