"""The membership of a person in a body: one stay after another, in the stream of the person's career."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from services.identity.domain import household_refusals
from services.identity.domain import staff_refusals as refusals

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyJoined:
    """A person is a member of a body from a moment on, until one if that is known."""

    party_id: str
    body_id: str
    area_path: AreaPath
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLeft:
    """The stay that began then was ended."""

    party_id: str
    body_id: str
    since: datetime
    left_at: datetime


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Since when somebody is a member, or was one last, and until when, as far as is known."""

    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether they are a member at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


# Evolve


def evolve(event: BodyJoined | BodyLeft) -> Stay:
    """The last stay in the body after the event."""
    return Stay(since=event.since, until=event.until if isinstance(event, BodyJoined) else event.left_at)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinBody:
    """Become a member, since now or an earlier moment."""

    party_id: str
    body_id: str
    area_path: AreaPath
    since: datetime
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveBody:
    """Be a member no more. `erased`: they are gone, whether they are a member or not."""

    party_id: str
    body_id: str
    at: datetime
    erased: bool = False


# Decide


def joined(command: JoinBody, last: Stay | None) -> BodyJoined:
    """A stay begins when it has come, and after the one before."""
    if command.since > command.at:
        raise household_refusals.lies_in_the_future("since_time")
    if command.until is not None and command.until <= command.since:
        raise refusals.term_is_unfit()
    if last is not None and (last.until is None or command.since < last.until):
        raise refusals.member_already()
    return BodyJoined(
        party_id=command.party_id,
        body_id=command.body_id,
        area_path=command.area_path,
        since=command.since,
        until=command.until,
    )


def left(command: LeaveBody, last: Stay | None) -> Sequence[BodyLeft]:
    """Only who is a member leaves."""
    if last is None or not last.holds(command.at):
        if command.erased:
            return []
        raise refusals.not_a_member_of_the_body()
    return [
        BodyLeft(party_id=command.party_id, body_id=command.body_id, since=last.since, left_at=command.at)
    ]
