"""What a case record is asked to do."""

from dataclasses import dataclass
from datetime import datetime

from services.supervision.domain.events import NotedFact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFact:
    """Keep a fact that the cases service published."""

    fact: NotedFact


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCase:
    """Say how well a closed case was dealt with."""

    rater_id: str
    stars: int
    comment: str
    at: datetime


Command = NoteFact | RateCase
