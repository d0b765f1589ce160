"""What the volunteers service offers: its table of contents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.stream import Handled, Loaded, Stream, Task, handle_many
from services.volunteers.application.ports import Matching, Reads
from services.volunteers.domain import refusals
from services.volunteers.domain.area import Area
from services.volunteers.domain.commands import (
    AcceptOffer,
    BookShift,
    DeclineOffer,
    EnrolVolunteer,
    FreeShift,
    LeaveVolunteers,
    MakeOffer,
    NeedCommand,
    NoteArea,
    RaiseNeed,
    RecordHours,
    RecordProposal,
    ReviseProfile,
    VolunteerCommand,
    WithdrawNeed,
)
from services.volunteers.domain.events import (
    AreaNoted,
    MatchesProposed,
    NeedEvent,
    OfferMade,
    VolunteerEvent,
)
from services.volunteers.domain.matching import Call, Candidate
from services.volunteers.domain.need import Need, Raised, Withdrawn
from services.volunteers.domain.proposal import NotProposed, Proposal, Proposed
from services.volunteers.domain.values import Match, MatchReason
from services.volunteers.domain.volunteer import Active, Stranger, Volunteer

MOST_MATCHES = 10_000
"""A proposal keeps so many matches; the chosen ones come first and are never cut."""

NeedHandled = Handled[Need, NeedEvent]
VolunteerHandled = Handled[Volunteer, VolunteerEvent]
Permit = Callable[[Raised], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What came of a proposal: matches that became offers, and those that no longer hold."""

    offered: tuple[Match, ...]
    left_out: tuple[Match, ...]
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service, by noun."""

    areas: Stream[NoteArea, Area, AreaNoted]
    volunteers: Stream[VolunteerCommand, Volunteer, VolunteerEvent]
    needs: Stream[NeedCommand, Need, NeedEvent]
    proposals: Stream[RecordProposal, Proposal, MatchesProposed]
    reads: Reads
    matching: Matching
    offer_lasts: timedelta

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
        """Compute whom to ask for the open needs of an area, and keep the answer.

        A repeated request gets the proposal of the first time. Raises NOTHING_TO_MATCH.
        """
        known = self.proposals.load(proposal_id).state
        if isinstance(known, Proposed):
            command = _recorded(known.content)
        else:
            command = self._computed(proposal_id, area_path, at)
        return self.proposals.handle(proposal_id, command, context)

    def proposal(self, proposal_id: str) -> MatchesProposed:
        """One proposal. Raises PROPOSAL_NOT_FOUND."""
        state = self.proposals.load(proposal_id).state
        if isinstance(state, NotProposed):
            raise refusals.proposal_not_found()
        return state.content

    def make_offers(
        self, proposal: MatchesProposed, expires_at: datetime | None, at: datetime, context: Context
    ) -> Offered:
        """Ask everybody whom a proposal chose, in one transaction."""
        chosen = [match for match in proposal.matches if match.reason is MatchReason.CHOSEN]
        tasks: list[Task] = [
            (
                self.needs,
                match.need_id,
                self._offer(match, expires_at, at, context.occurred_at is not None),
                _of(context, match),
            )
            for match in chosen
            if self._holds(match)
        ]
        answers = handle_many(self.needs.ledger, tasks)
        made = {
            (event.need_id, event.volunteer_id)
            for answer in answers
            for event in answer.events
            if isinstance(event, OfferMade)
        }
        left = [match for match in chosen if (match.need_id, match.volunteer_id) not in made]
        return Offered(
            offered=tuple(match for match in chosen if match not in left),
            left_out=tuple(replace(match, reason=MatchReason.ASKED_BEFORE) for match in left),
            revision=max((answer.revision for answer in answers), key=_position, default=""),
        )

    def accept(self, need_id: str, command: AcceptOffer, context: Context) -> NeedHandled:
        """Say yes: the need has a helper and the helper's time is taken, or neither."""
        booking = BookShift(need_id=need_id, shift=self._as_raised(need_id).shift)
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

    def _computed(self, proposal_id: str, area_path: str, at: datetime) -> RecordProposal:
        calls = self._calls(area_path, at)
        if not calls:
            raise refusals.nothing_to_match(area_path.rpartition("/")[2])
        answer = self.matching.assign(self._candidates(), calls)
        return RecordProposal(
            proposal_id=proposal_id,
            area_path=area_path,
            matches=answer.matches[: max(MOST_MATCHES, answer.filled)],
            covered=answer.covered,
            bound=answer.bound,
            wanted=answer.wanted,
            filled=answer.filled,
            at=at,
        )

    def _calls(self, area_path: str, at: datetime) -> Sequence[Call]:
        needs = (self.needs.load(need_id).state for need_id in self.reads.open_needs(area_path))
        return [
            Call(
                need_id=need.need_id,
                area_path=need.area_path,
                shift=need.shift,
                skills=need.skills,
                priority=need.priority,
                places=need.wanted - need.accepted,
                asked=frozenset(need.offers),
            )
            for need in needs
            if isinstance(need, Raised) and need.open and need.shift.start > at
        ]

    def _candidates(self) -> Sequence[Candidate]:
        people = ((self.volunteers.load(who).state, asked) for who, asked in self.reads.active_volunteers())
        return [
            Candidate(
                volunteer_id=person.volunteer_id,
                profile=person.profile,
                bookings=person.bookings,
                asked=asked,
            )
            for person, asked in people
            if isinstance(person, Active)
        ]

    def _holds(self, match: Match) -> bool:
        """False once the volunteer has left, unless they were asked: then the need knows by which request."""
        if match.volunteer_id in self._as_raised(match.need_id).offers:
            return True
        return isinstance(self.volunteers.load(match.volunteer_id).state, Active)

    def _offer(self, match: Match, expires_at: datetime | None, at: datetime, held: bool) -> MakeOffer:
        shift = self._as_raised(match.need_id).shift
        until = expires_at or min(at + self.offer_lasts, shift.start)
        return MakeOffer(volunteer_id=match.volunteer_id, expires_at=until, at=at, held=held)

    def _as_raised(self, need_id: str) -> Raised:
        """The need as it is; one that has ended as it was before. What it still takes, it decides itself."""
        match self.need(need_id).state:
            case Raised() as raised:
                return raised
            case Withdrawn(last=last):
                return last
            case _:
                raise refusals.need_not_found()

    def _permitted(self, need_id: str, permit: Permit) -> None:
        permit(self._as_raised(need_id))


def _of(context: Context, match: Match) -> Context:
    """One request asks several volunteers: each of them under an id of its own."""
    return replace(context, request_id=f"{context.request_id}/{match.volunteer_id}")


def _recorded(content: MatchesProposed) -> RecordProposal:
    return RecordProposal(
        proposal_id=content.proposal_id,
        area_path=content.area_path,
        matches=content.matches,
        covered=content.covered,
        bound=content.bound,
        wanted=content.wanted,
        filled=content.filled,
        at=content.proposed_at,
    )


def _position(revision: str) -> int:
    return int(revision[1:].partition(".")[0])
