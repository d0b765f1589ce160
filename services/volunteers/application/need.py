"""Needs: raised, withdrawn, and answered by those who were asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream, Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach, permitting
from services.volunteers.application.ports import NeedReads, NeedRow, OfferReads
from services.volunteers.application.volunteer import VolunteerStream
from services.volunteers.domain import refusals
from services.volunteers.domain.need.commands import (
    AcceptOffer,
    DeclineOffer,
    NeedCommand,
    RaiseNeed,
    RecordHours,
    WithdrawNeed,
)
from services.volunteers.domain.need.events import NeedEvent
from services.volunteers.domain.need.situations import Need, Raised, Unheard, Withdrawn
from services.volunteers.domain.values import NeedState
from services.volunteers.domain.volunteer import BookShift, FreeShift

NeedStream = Stream[NeedCommand, Need, NeedEvent]
NeedHandled = Handled[Need, NeedEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Calls for volunteers, and the answers to offers."""

    stream: NeedStream
    volunteers: VolunteerStream
    reads: NeedReads
    offers: OfferReads

    def call(self, command: RaiseNeed, context: Context) -> NeedHandled:
        """Call for volunteers."""
        return self.stream.handle(command.need_id, command, context, expect_new=True)

    def withdraw(self, need_id: str, command: WithdrawNeed, context: Context, permit: Permit) -> NeedHandled:
        """End a need; a reaction frees those who had accepted."""
        return self.stream.handle(need_id, command, context, permitting(permit, jurisdiction_of))

    def one(self, need_id: str) -> Loaded[Need]:
        """One need. Raises NEED_NOT_FOUND."""
        loaded = self.stream.load(need_id)
        if isinstance(loaded.state, Unheard):
            raise refusals.need_not_found()
        return loaded

    def listed(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[NeedRow], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        return self.reads.page(query, reach, fresh)

    def asked(self, volunteer_id: str, at: datetime, fresh: Fresh) -> Sequence[tuple[NeedRow, datetime]]:
        """(need, until when) of what somebody can still accept, the first to expire first."""
        waiting = self.offers.waiting(volunteer_id, at, fresh)
        rows = self.reads.some([need_id for need_id, _ in waiting], fresh)
        return [
            (rows[need_id], until)
            for need_id, until in waiting
            if need_id in rows and rows[need_id]["state"] == NeedState.OPEN.value
        ]

    def some(self, need_ids: Sequence[str], fresh: Fresh) -> Mapping[str, NeedRow]:
        """These needs by their ids."""
        return self.reads.some(need_ids, fresh)

    def accept(self, need_id: str, command: AcceptOffer, context: Context) -> NeedHandled:
        """Say yes: the need has a helper and the helper's time is taken, or neither."""
        booking = BookShift(need_id=need_id, shift=as_raised(self.stream.load(need_id).state).shift)
        return self._both(need_id, command, booking, context)

    def decline(self, need_id: str, command: DeclineOffer, context: Context) -> NeedHandled:
        """Say no, or take a yes back: the time is free again."""
        return self._both(need_id, command, FreeShift(need_id=need_id), context)

    def record_hours(
        self, need_id: str, command: RecordHours, context: Context, permit: Permit
    ) -> NeedHandled:
        """Write down the minutes that a volunteer gave."""
        return self.stream.handle(need_id, command, context, permitting(permit, jurisdiction_of))

    def _both(
        self,
        need_id: str,
        answer: AcceptOffer | DeclineOffer,
        booking: BookShift | FreeShift,
        context: Context,
    ) -> NeedHandled:
        tasks: list[Task] = [
            (self.stream, need_id, answer, context),
            (self.volunteers, answer.volunteer_id, booking, context),
        ]
        return handle_many(self.stream.ledger, tasks)[0]


def as_raised(need: Need) -> Raised:
    """The need as it is; one that has ended as it was before. What it still takes, it decides itself.

    Raises NEED_NOT_FOUND.
    """
    match need:
        case Raised():
            return need
        case Withdrawn(last=last):
            return last
        case Unheard():
            raise refusals.need_not_found()


def jurisdiction_of(need: Need) -> Jurisdiction:
    """Whose grants cover a need: those for its area. Raises NEED_NOT_FOUND."""
    return Jurisdiction(area_path=as_raised(need).area_path)


def area_of(need: Need) -> str | None:
    """The path of the area that a need lies in."""
    return None if isinstance(need, Unheard) else as_raised(need).area_path
