"""What can be asked of a post."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.post.events import PostRole


@dataclass(frozen=True, slots=True, kw_only=True)
class EstablishPost:
    """Give a body a post, since now or an earlier moment."""

    post_id: str
    body_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    needs: tuple[str, ...]
    roles: tuple[PostRole, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePostNeeds:
    """Need other qualifications."""

    needs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbolishPost:
    """Have it no more."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointHolder:
    """Appoint a person, since now or an earlier moment."""

    party_id: str
    since: datetime
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerm:
    """Move the end of the holder's term. `until` None: no end is known."""

    party_id: str
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAppointment:
    """End the holder's appointment now. `erased`: they are gone, whenever they got it."""

    party_id: str
    at: datetime
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSuccessor:
    """Say who is to follow."""

    party_id: str
    at: datetime


PostCommand = (
    EstablishPost
    | ChangePostNeeds
    | AbolishPost
    | AppointHolder
    | ChangeTerm
    | EndAppointment
    | NameSuccessor
)
