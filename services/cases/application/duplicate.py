"""Duplicates: which other cases may be about the same matter as a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.query.freshness import Fresh
from libs.query.reach import Permit, Reach
from services.cases.application import permits
from services.cases.application.case import CaseRecord, Cases
from services.cases.application.ports import NearbyCases
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.case.merging import require_may_be_merged
from services.cases.domain.case.situations import Unresolved
from services.cases.domain.likeness import Likeness, likeness, sighting_of

LOOKED_AT = 100
"""Cases whose reports are opened: of more than that, those that were opened nearest in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that may be about the same matter, and how near its report is."""

    record: CaseRecord
    likeness: Likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What can be asked about duplicates."""

    cases: Cases
    nearby: NearbyCases

    def suggest(
        self, case_id: str, permit: Permit, reach: Reach, most: int, fresh: Fresh
    ) -> tuple[CaseRecord, Sequence[Candidate]]:
        """A case, and those within reach that could be merged with it, the likeliest first.

        `permit` is asked about the case. Raises CASE_NOT_FOUND, `ViewBehind`; and refuses a case that cannot
        be merged: CASE_MERGED, CASE_STATE_FORBIDS, HISTORY_NOT_MERGED.
        """
        record = self.cases.one(case_id)
        permit(permits.area(record.state))
        require_may_be_merged(record.state, "SuggestDuplicates")
        opened = _opened(record)
        sighting = sighting_of(opened)
        candidates = []
        for other in self.cases.several(self.nearby.to(opened, reach, LOOKED_AT, fresh)):
            alike = likeness(sighting, sighting_of(_opened(other)))
            if alike is not None and _may_be_merged(other, reach):
                candidates.append(Candidate(record=other, likeness=alike))
        candidates.sort(key=lambda each: (each.likeness.distance, each.record.state.file.case_id))
        return record, candidates[:most]


def _may_be_merged(record: CaseRecord, reach: Reach) -> bool:
    """Whether it may be now: the view that found the case may lag behind, or be wrong."""
    file = record.state.file
    covered = reach.covers(area_path=permits.area(record.state).area_path)
    return covered and isinstance(record.state, Unresolved) and not file.held


def _opened(record: CaseRecord) -> CaseOpened:
    opened = record.history[0].event
    if not isinstance(opened, CaseOpened):
        raise TypeError("the history of a case begins with CaseOpened")
    return opened
