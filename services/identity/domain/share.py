"""A share: a body asks the owner of a data set to let it read that, for a purpose and a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.identity.domain import refusals, sharing_refusals

LONGEST = timedelta(days=3 * 366)
"""For how long data are shared without being asked for again."""

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAsked:
    """A body wants to read a data set. `purpose` is a word (`ASSISTANCE`)."""

    share_id: str
    data_set_id: str
    owner_body_id: str
    asking_body_id: str
    purpose: str
    legal_basis: str
    area_path: AreaPath
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDecided:
    """The owner granted or refused it."""

    share_id: str
    granted: bool
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareEnded:
    """It was ended before its time, by either body."""

    share_id: str
    ended_by: str
    ended_at: datetime


ShareEvent = ShareAsked | ShareDecided | ShareEnded


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, and what became of it."""

    asked: ShareAsked
    decided: ShareDecided | None = None
    ended: ShareEnded | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether data may be read by it at a moment."""
        granted = self.decided is not None and self.decided.granted
        return granted and self.ended is None and self.asked.since <= at < self.asked.until


Share = Unknown | Asked


# Evolve


def evolve(share: Share, event: ShareEvent) -> Share:
    """The share after the event."""
    match event:
        case ShareAsked():
            return Asked(asked=event)
        case ShareDecided():
            return replace(share, decided=event) if isinstance(share, Asked) else share
        case ShareEnded():
            return replace(share, ended=event) if isinstance(share, Asked) else share


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForShare:
    """Ask the owner of a data set."""

    share_id: str
    data_set_id: str
    owner_body_id: str
    asking_body_id: str
    purpose: str
    legal_basis: str
    area_path: AreaPath
    since: datetime
    until: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideShare:
    """Grant or refuse it, for the owner."""

    share_id: str
    granted: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShare:
    """Share no more."""

    share_id: str
    by: str
    at: datetime


ShareCommand = AskForShare | DecideShare | EndShare


# Decide


def decide(command: ShareCommand, share: Share) -> Sequence[ShareEvent]:
    """Two bodies and two persons, a period with an end; decided once and ended once."""
    match command:
        case AskForShare():
            return [_asked(command)] if isinstance(share, Unknown) else []
        case _ if isinstance(share, Unknown):
            raise sharing_refusals.share_is_unknown(command.share_id)
        case DecideShare():
            return _decided(command, share)
        case EndShare():
            if share.decided is None or not share.decided.granted:
                raise sharing_refusals.share_is_not_granted()
            ended = ShareEnded(share_id=command.share_id, ended_by=command.by, ended_at=command.at)
            return [] if share.ended else [ended]


def _asked(command: AskForShare) -> ShareAsked:
    if command.asking_body_id == command.owner_body_id:
        raise sharing_refusals.data_set_is_your_own()
    if not command.at < command.until or not command.since < command.until <= command.since + LONGEST:
        raise sharing_refusals.share_period_is_unfit()
    return ShareAsked(
        share_id=command.share_id,
        data_set_id=command.data_set_id,
        owner_body_id=command.owner_body_id,
        asking_body_id=command.asking_body_id,
        purpose=command.purpose,
        legal_basis=command.legal_basis,
        area_path=command.area_path,
        since=command.since,
        until=command.until,
        asked_by=command.by,
        asked_at=command.at,
    )


def _decided(command: DecideShare, share: Asked) -> Sequence[ShareDecided]:
    if command.by == share.asked.asked_by:
        raise refusals.not_for_yourself()
    if share.decided is not None:
        if share.decided.granted is not command.granted:
            raise sharing_refusals.share_is_decided()
        return []
    if command.granted and command.at >= share.asked.until:
        raise sharing_refusals.share_period_is_unfit()
    return [
        ShareDecided(
            share_id=command.share_id,
            granted=command.granted,
            decided_by=command.by,
            decided_at=command.at,
        )
    ]


SHARE: Decider[ShareCommand, Share, ShareEvent] = Decider(
    category="share", initial=Unknown(), decide=decide, evolve=evolve
)
