"""What a post can be: unknown, or established, with all who held it."""

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain.post.events import PostEstablished


@dataclass(frozen=True, slots=True)
class Unknown:
    """No post has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Who held the post from when, and until when, as far as is known."""

    party_id: str
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether it was so at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """A post, with what it needs now and since when, and all who held it."""

    established: PostEstablished
    needs: tuple[str, ...]
    needed_since: datetime
    abolished_at: datetime | None = None
    appointments: tuple[Appointment, ...] = ()
    successor_id: str = ""

    def holder(self, at: datetime) -> Appointment | None:
        """Who holds it at a moment; None: it is vacant."""
        return next((each for each in self.appointments if each.covers(at)), None)


Post = Unknown | Established
