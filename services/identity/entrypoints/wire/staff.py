"""Posts, appointments, qualifications and certificates."""

from linli.identity.v1 import identity_staffing_pb2 as pb

from libs.rpc.moments import stamp, stamp_or_none
from libs.rpc.texts import localized
from services.identity.application.staff_ports import (
    AppointmentRow,
    CertificateRow,
    CourseRow,
    MembershipRow,
    PostRow,
    QualificationRow,
    Shortage,
)
from services.identity.domain import course, qualification
from services.identity.domain.career import Certificate
from services.identity.domain.post.events import PostRole
from services.identity.entrypoints.wire.words import ROLES


def qualification_shown(known: QualificationRow | qualification.Qualification) -> pb.Qualification:
    """A kind of certificate."""
    if isinstance(known, qualification.Undefined):
        return pb.Qualification()
    return pb.Qualification(
        qualification_id=known.qualification_id, name=localized(known.name), valid_days=known.valid_days
    )


def course_shown(known: CourseRow | course.Course) -> pb.Course:
    """A course."""
    if isinstance(known, course.Undefined):
        return pb.Course()
    return pb.Course(
        course_id=known.course_id,
        title=localized(known.title),
        area_id=known.area_id,
        area_path=known.area_path,
        qualification_id=known.qualification_id,
    )


def certificate_shown(row: CertificateRow) -> pb.Certificate:
    """A certificate."""
    return pb.Certificate(
        certificate_id=row.certificate_id,
        party_id=row.party_id,
        qualification_id=row.qualification_id,
        course_id=row.course_id,
        issued_time=stamp(row.issued_at),
        valid_until_time=stamp_or_none(row.valid_until),
        revoked_time=stamp_or_none(row.revoked_at),
    )


def certificate_state_shown(known: Certificate) -> pb.Certificate:
    """A certificate as the person's stream knows it."""
    issued = known.issued
    row = CertificateRow(
        certificate_id=issued.certificate_id,
        party_id=issued.party_id,
        qualification_id=issued.qualification_id,
        course_id=issued.course_id,
        issued_at=issued.issued_at,
        valid_until=issued.valid_until,
        revoked_at=known.revoked_at,
    )
    return certificate_shown(row)


def post_shown(row: PostRow) -> pb.Post:
    """A post of a moment."""
    return pb.Post(
        post_id=row.post_id,
        body_id=row.body_id,
        title=localized(row.title),
        area_id=row.area_id,
        area_path=row.area_path,
        qualification_ids=row.needs,
        roles=map(_role_shown, row.roles),
        holder_id=row.holder_id,
        held_since_time=stamp_or_none(row.held_since),
        held_until_time=stamp_or_none(row.held_until),
        vacant_since_time=stamp_or_none(row.vacant_since),
        successor_id=row.successor_id,
        candidates=row.candidates,
    )


def _role_shown(each: PostRole) -> pb.PostRole:
    role, within = ROLES.to_wire(each.role), each.within
    return pb.PostRole(role=role, area_id=within.area_id, body_id=within.body_id)


def appointment_shown(row: AppointmentRow) -> pb.Appointment:
    """Who held a post, and when."""
    return pb.Appointment(
        post_id=row.post_id,
        body_id=row.body_id,
        party_id=row.party_id,
        since_time=stamp(row.since),
        until_time=stamp_or_none(row.until),
    )


def membership_shown(row: MembershipRow) -> pb.Membership:
    """Who is a member of a body, and when."""
    return pb.Membership(
        party_id=row.party_id,
        body_id=row.body_id,
        since_time=stamp(row.since),
        until_time=stamp_or_none(row.until),
    )


def shortage_shown(row: Shortage) -> pb.Shortage:
    """A qualification that posts need."""
    return pb.Shortage(
        qualification_id=row.qualification_id,
        posts=row.posts,
        held=row.held,
        covered=row.covered,
        covered_in_90_days=row.covered_later,
        free=row.free,
    )
