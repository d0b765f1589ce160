"""A qualification: a kind of certificate, and how long one is valid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from services.identity.domain import refusals
from services.identity.domain import staff_refusals as unfit

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationDefined:
    """There is this kind of certificate; valid for so many days, 0: for good."""

    qualification_id: str
    name: Text
    valid_days: int
    defined_at: datetime


QualificationEvent = QualificationDefined


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No qualification has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A kind of certificate."""

    qualification_id: str
    name: Text
    valid_days: int

    def valid_until(self, issued_at: datetime) -> datetime | None:
        """The first moment at which a certificate of this kind is not valid any more."""
        return issued_at + timedelta(days=self.valid_days) if self.valid_days else None


Qualification = Undefined | Defined


# Evolve


def evolve(qualification: Qualification, event: QualificationEvent) -> Qualification:  # noqa: ARG001  # one event
    """The qualification after the event."""
    return Defined(qualification_id=event.qualification_id, name=event.name, valid_days=event.valid_days)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineQualification:
    """Name a kind of certificate."""

    qualification_id: str
    name: Text
    valid_days: int
    at: datetime


# Decide


def decide(command: DefineQualification, qualification: Qualification) -> Sequence[QualificationEvent]:
    """It is defined once; the same again changes nothing."""
    wanted = Defined(
        qualification_id=command.qualification_id, name=command.name, valid_days=command.valid_days
    )
    if isinstance(qualification, Defined):
        if qualification != wanted:
            raise unfit.qualification_is_defined_differently(command.qualification_id)
        return []
    if not command.name:
        raise refusals.name_is_missing()
    return [
        QualificationDefined(
            qualification_id=command.qualification_id,
            name=command.name,
            valid_days=command.valid_days,
            defined_at=command.at,
        )
    ]


QUALIFICATION: Decider[DefineQualification, Qualification, QualificationEvent] = Decider(
    category="qualification", initial=Undefined(), decide=decide, evolve=evolve
)
