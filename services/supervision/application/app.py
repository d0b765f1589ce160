"""What the supervision service offers: its table of contents."""

from dataclasses import dataclass

from services.supervision.application.case_record import CaseRecords
from services.supervision.application.scoreboard import Scoreboards


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service, by noun."""

    scoreboards: Scoreboards
    case_records: CaseRecords
