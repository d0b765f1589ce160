"""Volunteers: enrolled, revised, and gone."""

from dataclasses import dataclass

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from services.volunteers.application.ports import VolunteerReads, VolunteerRow
from services.volunteers.domain import refusals
from services.volunteers.domain.volunteer import (
    Active,
    EnrolVolunteer,
    LeaveVolunteers,
    ReviseProfile,
    Stranger,
    Volunteer,
    VolunteerCommand,
    VolunteerEvent,
)

VolunteerStream = Stream[VolunteerCommand, Volunteer, VolunteerEvent]
VolunteerHandled = Handled[Volunteer, VolunteerEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volunteers:
    """Those who offer their time."""

    stream: VolunteerStream
    reads: VolunteerReads

    def enrol(self, command: EnrolVolunteer, context: Context) -> VolunteerHandled:
        """Offer a party's time."""
        return self.stream.handle(command.volunteer_id, command, context)

    def revise(
        self, volunteer_id: str, command: ReviseProfile, context: Context, if_revision: str
    ) -> VolunteerHandled:
        """Say anew what a volunteer can do."""
        return self.stream.handle(volunteer_id, command, context, if_revision=if_revision or None)

    def leave(self, volunteer_id: str, command: LeaveVolunteers, context: Context) -> VolunteerHandled:
        """End an enrolment."""
        return self.stream.handle(volunteer_id, command, context)

    def one(self, volunteer_id: str) -> Loaded[Volunteer]:
        """One volunteer. Raises VOLUNTEER_NOT_FOUND."""
        loaded = self.stream.load(volunteer_id)
        if isinstance(loaded.state, Stranger):
            raise refusals.volunteer_not_found()
        return loaded

    def home(self, volunteer_id: str) -> str:
        """Where a volunteer lives; "" for somebody who has never enrolled."""
        state = self.stream.load(volunteer_id).state
        return "" if isinstance(state, Stranger) else state.profile.home_path

    def counts(self, volunteer_id: str, fresh: Fresh) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        return self.reads.counts(volunteer_id, fresh)

    def listed(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[VolunteerRow], str]:
        """A page of volunteers, and the token of the next page."""
        return self.reads.page(query, reach, fresh)


def home_of(volunteer: Volunteer) -> str | None:
    """The path of the area that an active volunteer lives in."""
    return volunteer.profile.home_path if isinstance(volunteer, Active) else None
