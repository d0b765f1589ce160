"""An invitation: a code on paper by which a resident who is registered gets a login, once.

The code is in no event. The digest of it is the id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain import join_refusals as refusals
from services.identity.domain import refusals as general

LASTS = timedelta(days=7)
"""How long an invitation may be accepted."""


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


InvitationEvent = InvitationMade | InvitationAccepted


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No invitation has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An invitation, and whether it was accepted."""

    made: InvitationMade
    accepted: bool = False


Invitation = Unknown | Made


# Evolve


def evolve(invitation: Invitation, event: InvitationEvent) -> Invitation:
    """The invitation after the event."""
    match event, invitation:
        case InvitationMade(), _:
            return Made(made=event)
        case InvitationAccepted(), Made():
            return Made(made=invitation.made, accepted=True)
        case InvitationAccepted(), Unknown():
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

    at: datetime


InvitationCommand = Invite | AcceptInvitation


# Decide


def decide(command: InvitationCommand, invitation: Invitation) -> Sequence[InvitationEvent]:
    """Nobody invites themselves; it is accepted once, in time."""
    match command:
        case Invite():
            if command.by == command.resident_id:
                raise general.not_for_yourself()
            return [_made(command)] if isinstance(invitation, Unknown) else []
        case AcceptInvitation():
            return [_accepted(command, invitation)]


def _made(command: Invite) -> InvitationMade:
    return InvitationMade(
        invitation_id=command.invitation_id,
        resident_id=command.resident_id,
        by=command.by,
        made_at=command.at,
        expires_at=command.at + LASTS,
    )


def _accepted(command: AcceptInvitation, invitation: Invitation) -> InvitationAccepted:
    if isinstance(invitation, Unknown) or invitation.accepted or command.at >= invitation.made.expires_at:
        raise refusals.invitation_is_refused()
    made = invitation.made
    return InvitationAccepted(
        invitation_id=made.invitation_id, resident_id=made.resident_id, accepted_at=command.at
    )


INVITATION: Decider[InvitationCommand, Invitation, InvitationEvent] = Decider(
    category="invitation", initial=Unknown(), decide=decide, evolve=evolve
)
