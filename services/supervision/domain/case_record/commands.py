"""What may be asked of a case record."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.noted import Note
from services.supervision.domain.case_record.events import CaseFact


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCase:
    """Say how well a closed case was dealt with."""

    rater_id: str
    stars: int
    comment: str
    at: datetime


CaseRecordCommand = Note[CaseFact] | RateCase
