"""An invitation: a code on paper by which a resident who is registered gets a login, once.

The code is in no event. The digest of it is the id. An invitation is made in two streams: that of its id, by
which it is found, and that of the resident, where it takes the place of the one before, and is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain import join_refusals as refusals
from services.identity.domain import refusals as general

LASTS = timedelta(days=7)
"""How long an invitation may be accepted."""
TRIES = 5
"""Login names that were not free after which it counts no more."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMade:
    """Staff gave a resident a code."""

    invitation_id: str
    resident_id: str
    by: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted:
    """Whoever had the code made a login with it."""

    invitation_id: str
    resident_id: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMissed:
    """Whoever had the code asked for a login name that was not free."""

    invitation_id: str
    missed_at: datetime


InvitationEvent = InvitationMade | InvitationAccepted | InvitationMissed


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No invitation has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The newest invitation, how often a name was not free, and whether it was accepted."""

    made: InvitationMade
    misses: int = 0
    accepted: bool = False


Invitation = Unknown | Made


# Evolve


def evolve(invitation: Invitation, event: InvitationEvent) -> Invitation:
    """The invitation after the event."""
    match event, invitation:
        case InvitationMade(), _:
            return Made(made=event)
        case InvitationAccepted(), Made():
            return replace(invitation, accepted=True)
        case InvitationMissed(), Made():
            return replace(invitation, misses=invitation.misses + 1)
        case InvitationAccepted() | InvitationMissed(), _:
            return invitation


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Make an invitation."""

    invitation_id: str
    resident_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """Use it."""

    invitation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissInvitation:
    """Record that a login name was not free."""

    invitation_id: str
    at: datetime


InvitationCommand = Invite | AcceptInvitation | MissInvitation


# Decide


def decide(command: InvitationCommand, invitation: Invitation) -> Sequence[InvitationEvent]:
    """Nobody invites themselves; the newest is accepted once, in time, after a few tries."""
    match command:
        case Invite():
            if command.by == command.resident_id:
                raise general.not_for_yourself()
            return [] if _is(invitation, command.invitation_id) else [_made(command)]
        case AcceptInvitation():
            made = _counting(command, invitation)
            accepted = InvitationAccepted(
                invitation_id=made.invitation_id, resident_id=made.resident_id, accepted_at=command.at
            )
            return [accepted]
        case MissInvitation():
            _counting(command, invitation)
            return [InvitationMissed(invitation_id=command.invitation_id, missed_at=command.at)]


def _made(command: Invite) -> InvitationMade:
    return InvitationMade(
        invitation_id=command.invitation_id,
        resident_id=command.resident_id,
        by=command.by,
        made_at=command.at,
        expires_at=command.at + LASTS,
    )


def _is(invitation: Invitation, invitation_id: str) -> bool:
    return isinstance(invitation, Made) and invitation.made.invitation_id == invitation_id


def _counting(command: AcceptInvitation | MissInvitation, invitation: Invitation) -> InvitationMade:
    if isinstance(invitation, Unknown) or not _is(invitation, command.invitation_id):
        raise refusals.invitation_is_refused()
    if invitation.accepted or invitation.misses >= TRIES or command.at >= invitation.made.expires_at:
        raise refusals.invitation_is_refused()
    return invitation.made


INVITATION: Decider[InvitationCommand, Invitation, InvitationEvent] = Decider(
    category="invitation", initial=Unknown(), decide=decide, evolve=evolve
)
