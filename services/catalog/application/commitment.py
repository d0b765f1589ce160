"""Use cases of commitments: what is promised for an affair."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import NOWHERE
from libs.rules.routing import most_precise
from libs.rules.terms import Terms
from services.catalog.application.calendar import Calendars
from services.catalog.application.cited import Cited
from services.catalog.application.ports import CommitmentReads
from services.catalog.domain import refusals
from services.catalog.domain.commitment import Commitment, CommitmentPublished, PublishCommitment
from services.catalog.domain.values import commitment_id

CommitmentStream = Stream[PublishCommitment, Commitment, CommitmentPublished]
CommitmentHandled = Handled[Commitment, CommitmentPublished]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPromise:
    """A commitment as a caller describes it; no area: everywhere."""

    affair_id: str
    area_id: str
    terms: Terms
    calendar_id: str
    conditions: tuple[Text, ...]
    valid_from: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """What can be done with commitments."""

    stream: CommitmentStream
    calendars: Calendars
    cited: Cited
    reads: CommitmentReads

    def publish(
        self, new: NewPromise, context: Context, if_revision: str, permit: Permit
    ) -> CommitmentHandled:
        """The first or the next version. The caller must reach the area; without one, everything."""
        area = self.cited.area(new.area_id) if new.area_id else None
        permit(Jurisdiction(area_path=area.path if area else NOWHERE))
        counted_by = self.calendars.newest(new.calendar_id).state.newest
        command = PublishCommitment(
            affair=self.cited.affair(new.affair_id),
            area=area,
            terms=new.terms,
            calendar_id=new.calendar_id,
            working_time=counted_by.working_time,
            conditions=new.conditions,
            valid_from=new.valid_from,
            at=new.at,
        )
        name = commitment_id(new.affair_id, new.area_id)
        context = replace(context, area=area.path if area else None)
        return self.stream.handle(name, command, context, if_revision=if_revision or None)

    def find(self, affair_id: str, area_id: str, at: datetime, fresh: Fresh) -> CommitmentPublished:
        """What is promised for an affair in an area at a moment. Refuses COMMITMENT_UNKNOWN."""
        affair, area = self.cited.affair(affair_id), self.cited.area(area_id)
        holding = self.reads.holding(affair.path, area.path, at, fresh)
        found = most_precise(holding, affair.path, area.path, at)
        if found is None:
            raise refusals.commitment_is_unknown(affair_id)
        return found

    def listed(
        self, query: ListQuery, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[CommitmentPublished], str]:
        """A page of what holds at a moment."""
        return self.reads.listed(query, at, fresh)
