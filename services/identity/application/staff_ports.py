"""What the use cases about posts and training need from outside: answers of views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.domain.post.events import PostRole


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationRow:
    """A kind of certificate, as shown."""

    qualification_id: str
    name: Text
    valid_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRow:
    """A course, as shown."""

    course_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    qualification_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate, as shown."""

    certificate_id: str
    party_id: str
    qualification_id: str
    course_id: str
    issued_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """A post of a moment. `holder_id`: "" while it is vacant, which it then was since `vacant_since`."""

    post_id: str
    body_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    needs: tuple[str, ...]
    roles: tuple[PostRole, ...]
    holder_id: str
    held_since: datetime | None
    held_until: datetime | None
    vacant_since: datetime | None
    successor_id: str
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """Who held a post from when until when, as far as is known."""

    post_id: str
    body_id: str
    party_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """How many posts of an area need a qualification, and how many people have it."""

    qualification_id: str
    posts: int
    held: int
    covered: int
    covered_later: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long holders stay: of the appointments that began by a moment."""

    begun: int
    holding: int
    median_days: float | None
    due_a_year: int
    stayed_a_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRow:
    """Who is a member of a body from when until when, as far as is known."""

    party_id: str
    body_id: str
    since: datetime
    until: datetime | None


class MembershipReads(Protocol):
    """The memberships."""

    def page(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[MembershipRow], str]:
        """Memberships of a moment within reach by body and person, and the token of the next page."""


class StaffReads(Protocol):
    """Posts, their holders, and who is qualified."""

    def posts(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[PostRow], str]:
        """Posts of a moment within reach by id, and the token of the next page."""

    def appointments(
        self, query: ListQuery, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[AppointmentRow], str]:
        """Appointments to posts within reach, the newest first, and the token of the next page."""

    def candidates(
        self, query: PageQuery, post_id: str, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[str], str]:
        """Who in reach holds all that a post needs at a moment, and not the post itself; the next token."""

    def shortages(
        self, area_path: AreaPath, at: datetime, later: datetime, fresh: Fresh
    ) -> Sequence[Shortage]:
        """By qualification, for the posts of an area at a moment; and what of it holds at a later one."""

    def retention(self, area_path: AreaPath, body_id: str, at: datetime, fresh: Fresh) -> Retention:
        """How long the holders of an area's posts (of one body, if it is named) stayed, as of a moment."""


class TrainingReads(Protocol):
    """Qualifications, courses and certificates."""

    def qualifications(self, query: PageQuery, fresh: Fresh) -> tuple[Sequence[QualificationRow], str]:
        """Qualifications by id, and the token of the next page."""

    def courses(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[CourseRow], str]:
        """Courses by id, and the token of the next page."""

    def certificates(
        self, query: ListQuery, me: str, at: datetime | None, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[CertificateRow], str]:
        """Own certificates and those of people within reach; if a moment is given, the valid ones of it."""
