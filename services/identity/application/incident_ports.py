"""What the use cases of incidents need from outside: answers of their view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.domain.incident.events import IncidentKind
from services.identity.domain.incident.situations import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An incident, without its texts."""

    incident_id: str
    kind: IncidentKind
    classes: tuple[str, ...]
    persons: int
    area_id: str
    area_path: AreaPath
    reporter_id: str
    reported_at: datetime
    standing: Standing
    closed_at: datetime | None


class IncidentReads(Protocol):
    """The incidents."""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[IncidentRow], str]:
        """Incidents within reach, those with the most urgent limit first, and the token of the next page."""
