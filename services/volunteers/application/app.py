"""What the volunteers service offers: its table of contents."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream, Task, handle_many
from services.volunteers.application.asking import Asking, Offered, as_raised
from services.volunteers.application.ports import Reads
from services.volunteers.domain import refusals
from services.volunteers.domain.area import Area
from services.volunteers.domain.commands import (
    AcceptOffer,
    BookShift,
    DeclineOffer,
    EnrolVolunteer,
    FreeShift,
    LeaveVolunteers,
    NeedCommand,
    NoteArea,
    RaiseNeed,
    RecordHours,
    ReviseProfile,
    VolunteerCommand,
    WithdrawNeed,
)
from services.volunteers.domain.events import (
    AreaNoted,
    MatchesProposed,
    NeedEvent,
    VolunteerEvent,
)
from services.volunteers.domain.need import Need, Raised, Withdrawn
from services.volunteers.domain.proposal import Proposal
from services.volunteers.domain.volunteer import Stranger, Volunteer

NeedHandled = Handled[Need, NeedEvent]
VolunteerHandled = Handled[Volunteer, VolunteerEvent]
Permit = Callable[[Raised], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service, by noun."""

    areas: Stream[NoteArea, Area, AreaNoted]
    volunteers: Stream[VolunteerCommand, Volunteer, VolunteerEvent]
    needs: Stream[NeedCommand, Need, NeedEvent]
    asking: Asking
    reads: Reads

    # areas

    def area_path(self, area_id: str) -> str:
        """Where an area stands in the tree. Raises AREA_UNKNOWN."""
        path = self.areas.load(area_id).state.area_path
        if not path:
            raise refusals.area_unknown(area_id)
        return path

    # volunteers

    def enrol(self, command: EnrolVolunteer, context: Context) -> VolunteerHandled:
        """Offer a party's time."""
        return self.volunteers.handle(command.volunteer_id, command, context)

    def revise(
        self, volunteer_id: str, command: ReviseProfile, context: Context, if_revision: str
    ) -> VolunteerHandled:
        """Say anew what a volunteer can do."""
        return self.volunteers.handle(volunteer_id, command, context, if_revision=if_revision or None)

    def leave(self, volunteer_id: str, command: LeaveVolunteers, context: Context) -> VolunteerHandled:
        """End an enrolment."""
        return self.volunteers.handle(volunteer_id, command, context)

    def volunteer(self, volunteer_id: str) -> Loaded[Volunteer]:
        """One volunteer. Raises VOLUNTEER_NOT_FOUND."""
        loaded = self.volunteers.load(volunteer_id)
        if isinstance(loaded.state, Stranger):
            raise refusals.volunteer_not_found()
        return loaded

    # needs

    def raise_need(self, command: RaiseNeed, context: Context) -> NeedHandled:
        """Call for volunteers."""
        return self.needs.handle(command.need_id, command, context, expect_new=True)

    def withdraw_need(
        self, need_id: str, command: WithdrawNeed, context: Context, permit: Permit
    ) -> NeedHandled:
        """End a need; a reaction frees those who had accepted."""
        self._permitted(need_id, permit)
        return self.needs.handle(need_id, command, context)

    def need(self, need_id: str) -> Loaded[Need]:
        """One need. Raises NEED_NOT_FOUND."""
        loaded = self.needs.load(need_id)
        if not isinstance(loaded.state, Raised | Withdrawn):
            raise refusals.need_not_found()
        return loaded

    # proposals and offers

    def propose(
        self, proposal_id: str, area_path: str, at: datetime, context: Context
    ) -> Handled[Proposal, MatchesProposed]:
        """Compute whom to ask for the open needs of an area. Raises NOTHING_TO_MATCH."""
        return self.asking.propose(proposal_id, area_path, at, context)

    def proposal(self, proposal_id: str) -> MatchesProposed:
        """One proposal. Raises PROPOSAL_NOT_FOUND."""
        return self.asking.proposal(proposal_id)

    def make_offers(
        self, proposal: MatchesProposed, expires_at: datetime | None, at: datetime, context: Context
    ) -> Offered:
        """Ask everybody whom a proposal chose, in one transaction."""
        return self.asking.make_offers(proposal, expires_at, at, context)

    def accept(self, need_id: str, command: AcceptOffer, context: Context) -> NeedHandled:
        """Say yes: the need has a helper and the helper's time is taken, or neither."""
        booking = BookShift(need_id=need_id, shift=as_raised(self.needs.load(need_id).state).shift)
        return self._both(need_id, command, booking, context)

    def decline(self, need_id: str, command: DeclineOffer, context: Context) -> NeedHandled:
        """Say no, or take a yes back: the time is free again."""
        return self._both(need_id, command, FreeShift(need_id=need_id), context)

    def record_hours(
        self, need_id: str, command: RecordHours, context: Context, permit: Permit
    ) -> NeedHandled:
        """Write down the minutes that a volunteer gave."""
        self._permitted(need_id, permit)
        return self.needs.handle(need_id, command, context)

    # inside

    def _both(
        self,
        need_id: str,
        answer: AcceptOffer | DeclineOffer,
        booking: BookShift | FreeShift,
        context: Context,
    ) -> NeedHandled:
        tasks: list[Task] = [
            (self.needs, need_id, answer, context),
            (self.volunteers, answer.volunteer_id, booking, context),
        ]
        return handle_many(self.needs.ledger, tasks)[0]

    def _permitted(self, need_id: str, permit: Permit) -> None:
        permit(as_raised(self.needs.load(need_id).state))
