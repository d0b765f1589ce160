"""What happens to a post."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.values import Role, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRole:
    """A role that whoever holds the post acts in."""

    role: Role
    within: Within


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEstablished:
    """A body has a post from a moment on. `needs`: ids of qualifications."""

    post_id: str
    body_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    needs: tuple[str, ...]
    roles: tuple[PostRole, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNeedsChanged:
    """Other qualifications are needed from a moment on, instead of those before."""

    post_id: str
    needs: tuple[str, ...]
    needed_before: tuple[str, ...]
    before_since: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAbolished:
    """There is no such post any more."""

    post_id: str
    abolished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderAppointed:
    """A person holds the post from a moment on, and until one if the term is known."""

    post_id: str
    body_id: str
    area_path: AreaPath
    party_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChanged:
    """The appointment that began then ends at another moment, or at none that is known."""

    post_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEnded:
    """The appointment that began then was ended."""

    post_id: str
    party_id: str
    since: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessorNamed:
    """Who is to hold the post next; "" for nobody."""

    post_id: str
    party_id: str
    named_at: datetime


PostEvent = (
    PostEstablished
    | PostNeedsChanged
    | PostAbolished
    | HolderAppointed
    | TermChanged
    | AppointmentEnded
    | SuccessorNamed
)
