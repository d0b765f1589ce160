"""An hour of codes: the addresses that codes of it went to have one key, and are forgotten together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain.code import LASTS

LATE = timedelta(minutes=5)
"""So much longer an hour is kept than its last code counts: processes may disagree about the time."""


def hour_of(at: datetime) -> str:
    """Whose key enciphers the addresses of a moment."""
    return f"codes-{at.astimezone(UTC):%Y%m%dT%H}"


def over_at(at: datetime) -> datetime:
    """When the last code of the hour of a moment counts no more, whoever's clock is asked."""
    began = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return began + timedelta(hours=1) + LASTS + LATE


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressesForgotten:
    """The key was destroyed: nobody can tell any more where the codes of the hour went."""

    keeping: str
    forgotten_at: datetime


# Situations


@dataclass(frozen=True, slots=True)
class CodeHour:
    """An hour, and whether its addresses are forgotten."""

    forgotten: bool = False


# Evolve


def evolve(hour: CodeHour, event: AddressesForgotten) -> CodeHour:  # noqa: ARG001  # there is one event
    """The hour after the event."""
    return CodeHour(forgotten=True)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetAddresses:
    """Destroy the key of an hour."""

    keeping: str
    at: datetime


# Decide


def decide(command: ForgetAddresses, hour: CodeHour) -> Sequence[AddressesForgotten]:
    """Once."""
    return [] if hour.forgotten else [AddressesForgotten(keeping=command.keeping, forgotten_at=command.at)]


CODE_HOUR: Decider[ForgetAddresses, CodeHour, AddressesForgotten] = Decider(
    category="codehour", initial=CodeHour(), decide=decide, evolve=evolve
)
