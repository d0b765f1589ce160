"""Which posts are held by whom, and who has the qualifications to hold them?"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View
from services.identity.domain.career import CertificateIssued, CertificateRevoked
from services.identity.domain.course import CourseDefined
from services.identity.domain.post.events import (
    AppointmentEnded,
    HolderAppointed,
    PostAbolished,
    PostEstablished,
    PostNeedsChanged,
    SuccessorNamed,
    TermChanged,
)
from services.identity.domain.qualification import QualificationDefined
from services.identity.domain.resident import ResidentErased


class QualificationRow(TypedDict):
    """A kind of certificate."""

    qualification_id: str
    name_zh: str
    name_en: str
    valid_days: int


class CourseRow(TypedDict):
    """A course."""

    course_id: str
    title_zh: str
    title_en: str
    area_id: str
    area_path: str
    qualification_id: str


class TrainedRow(TypedDict):
    """Somebody who has, or had, a certificate; where they were registered."""

    party_id: str
    area_path: str
    erased: bool


class CertificateRow(TypedDict):
    """A certificate."""

    certificate_id: str
    party_id: str
    qualification_id: str
    course_id: str
    issued_at: datetime
    valid_until: NotRequired[datetime | None]
    revoked_at: NotRequired[datetime | None]


class PostRow(TypedDict):
    """A post, from a moment until it was abolished. `roles`: role, area, path and body of each, in turn."""

    post_id: str
    body_id: str
    title_zh: str
    title_en: str
    area_id: str
    area_path: str
    roles: list[str]
    established_at: datetime
    abolished_at: NotRequired[datetime | None]
    successor_id: str


class StandingRow(PostRow):
    """A post of a moment, with its holder."""

    holder_id: str
    held_since: NotRequired[datetime | None]
    held_until: NotRequired[datetime | None]
    vacant: bool
    vacant_since: datetime
    needs: list[str]
    candidates: int


class NeedRow(TypedDict):
    """A post needs a qualification, from a moment until another one."""

    post_id: str
    qualification_id: str
    since: datetime
    until: NotRequired[datetime | None]


class AppointmentRow(TypedDict):
    """A person holds a post, from a moment until another one."""

    post_id: str
    since: datetime
    until: NotRequired[datetime | None]
    body_id: str
    area_path: str
    party_id: str


QUALIFICATIONS = Table.of("qualifications", QualificationRow, key=("qualification_id",))
COURSES = Table.of("courses", CourseRow, key=("course_id",))
TRAINED = Table.of("trained", TrainedRow, key=("party_id",))
CERTIFICATES = Table.of(
    "certificates", CertificateRow, key=("certificate_id",), indexes=("party_id", "qualification_id")
)
POSTS = Table.of("posts", PostRow, key=("post_id",), indexes=("area_path", "body_id"))
NEEDS = Table.of("needs", NeedRow, key=("post_id", "qualification_id", "since"))
APPOINTMENTS = Table.of(
    "appointments", AppointmentRow, key=("post_id", "since"), indexes=("party_id", "area_path")
)


class StaffingView(View):
    """Posts, appointments and needs with their times; qualifications, courses and certificates."""

    name = "staffing"
    tables = (QUALIFICATIONS, COURSES, TRAINED, CERTIFICATES, POSTS, NEEDS, APPOINTMENTS)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is defined, begin and end the rest; nobody who was erased counts as trained."""
        match recorded.event:
            case QualificationDefined() as event:
                rows.put(QUALIFICATIONS, _qualification(event))
            case CourseDefined() as event:
                rows.put(COURSES, _course(event))
            case CertificateIssued() as event:
                _issue(event, rows)
            case CertificateRevoked() as event:
                rows.change(CERTIFICATES, event.certificate_id, revoked_at=event.revoked_at)
            case ResidentErased() as event if rows.get(TRAINED, event.resident_id) is not None:
                rows.change(TRAINED, event.resident_id, erased=True)
            case _:
                _fold_posts(recorded.event, rows)

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """Whether somebody who is erased was trained."""
        event = recorded.event
        return [(TRAINED.name, event.resident_id)] if isinstance(event, ResidentErased) else []


def _fold_posts(event: Any, rows: Rows) -> None:
    match event:
        case PostEstablished():
            rows.put(POSTS, _post(event))
            _need(event.post_id, event.needs, event.since, rows)
        case PostNeedsChanged():
            for each in event.needed_before:
                rows.change(NEEDS, (event.post_id, each, event.before_since), until=event.changed_at)
            _need(event.post_id, event.needs, event.changed_at, rows)
        case PostAbolished():
            rows.change(POSTS, event.post_id, abolished_at=event.abolished_at)
        case SuccessorNamed():
            rows.change(POSTS, event.post_id, successor_id=event.party_id)
        case HolderAppointed():
            row = AppointmentRow(
                post_id=event.post_id,
                since=event.since,
                until=event.until,
                body_id=event.body_id,
                area_path=event.area_path,
                party_id=event.party_id,
            )
            rows.put(APPOINTMENTS, row)
            post = rows.get(POSTS, event.post_id)
            if post is not None and post["successor_id"] == event.party_id:
                rows.change(POSTS, event.post_id, successor_id="")
        case TermChanged():
            rows.change(APPOINTMENTS, (event.post_id, event.since), until=event.until)
        case AppointmentEnded():
            rows.change(APPOINTMENTS, (event.post_id, event.since), until=event.ended_at)
        case _:
            pass


def _need(post_id: str, needs: tuple[str, ...], since: datetime, rows: Rows) -> None:
    for each in needs:
        rows.put(NEEDS, NeedRow(post_id=post_id, qualification_id=each, since=since, until=None))


def _issue(event: CertificateIssued, rows: Rows) -> None:
    rows.put(TRAINED, TrainedRow(party_id=event.party_id, area_path=event.area_path, erased=False))
    row = CertificateRow(
        certificate_id=event.certificate_id,
        party_id=event.party_id,
        qualification_id=event.qualification_id,
        course_id=event.course_id,
        issued_at=event.issued_at,
        valid_until=event.valid_until,
        revoked_at=None,
    )
    rows.put(CERTIFICATES, row)


def _qualification(event: QualificationDefined) -> QualificationRow:
    return QualificationRow(
        qualification_id=event.qualification_id,
        name_zh=event.name.zh,
        name_en=event.name.en,
        valid_days=event.valid_days,
    )


def _course(event: CourseDefined) -> CourseRow:
    return CourseRow(
        course_id=event.course_id,
        title_zh=event.title.zh,
        title_en=event.title.en,
        area_id=event.area_id,
        area_path=event.area_path,
        qualification_id=event.qualification_id,
    )


def _post(event: PostEstablished) -> PostRow:
    parts = (
        (each.role.value, each.within.area_id, each.within.area_path, each.within.body_id)
        for each in event.roles
    )
    return PostRow(
        post_id=event.post_id,
        body_id=event.body_id,
        title_zh=event.title.zh,
        title_en=event.title.en,
        area_id=event.area_id,
        area_path=event.area_path,
        roles=[part for each in parts for part in each],
        established_at=event.since,
        abolished_at=None,
        successor_id="",
    )


VIEW = StaffingView()
