"""What a person learned and is: courses, certificates, posts, memberships. One stream for each person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.identity.domain import membership
from services.identity.domain import staff_refusals as refusals
from services.identity.domain.membership import BodyJoined, BodyLeft, JoinBody, LeaveBody, Stay

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCompleted:
    """A person completed a course."""

    party_id: str
    course_id: str
    area_path: AreaPath
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued:
    """A person holds a qualification from a moment on. `course_id`: by which course, if by one of ours."""

    party_id: str
    certificate_id: str
    qualification_id: str
    area_path: AreaPath
    course_id: str
    issued_at: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRevoked:
    """A certificate ended before its time."""

    party_id: str
    certificate_id: str
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTaken:
    """A person was appointed to a post."""

    party_id: str
    post_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLeft:
    """Their appointment was ended."""

    party_id: str
    post_id: str
    left_at: datetime


CareerEvent = (
    CourseCompleted | CertificateIssued | CertificateRevoked | PostTaken | PostLeft | BodyJoined | BodyLeft
)


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate, and when it was revoked, if it was."""

    issued: CertificateIssued
    revoked_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        ends = (each for each in (self.issued.valid_until, self.revoked_at) if each is not None)
        return self.issued.issued_at <= at and all(at < end for end in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Career:
    """Certificates by id, completed courses with when, posts whose appointment nobody ended, and bodies.

    `bodies`: the last stay in each.
    """

    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    completed: frozenset[tuple[str, datetime]] = frozenset()
    posts: tuple[str, ...] = ()
    bodies: Mapping[str, Stay] = field(default_factory=dict)

    def lacking(self, needs: Iterable[str], at: datetime) -> list[str]:
        """Which of these qualifications the person does not hold at a moment."""
        held = {each.issued.qualification_id for each in self.certificates.values() if each.is_valid(at)}
        return [each for each in needs if each not in held]


# Evolve


def evolve(career: Career, event: CareerEvent) -> Career:
    """The career after the event."""
    match event:
        case CourseCompleted():
            return replace(career, completed=career.completed | {(event.course_id, event.completed_at)})
        case CertificateIssued():
            issued = {event.certificate_id: Certificate(issued=event)}
            return replace(career, certificates={**career.certificates, **issued})
        case CertificateRevoked():
            revoked = replace(career.certificates[event.certificate_id], revoked_at=event.revoked_at)
            return replace(career, certificates={**career.certificates, event.certificate_id: revoked})
        case PostTaken(post_id=post_id):
            return replace(career, posts=(*(each for each in career.posts if each != post_id), post_id))
        case PostLeft(post_id=post_id):
            return replace(career, posts=tuple(each for each in career.posts if each != post_id))
        case BodyJoined(body_id=body_id) | BodyLeft(body_id=body_id):
            return replace(career, bodies={**career.bodies, body_id: membership.evolve(event)})


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCertificate:
    """Record that a person holds a qualification. `valid_until`: the first moment without."""

    party_id: str
    certificate_id: str
    qualification_id: str
    area_path: AreaPath
    issued_at: datetime
    valid_until: datetime | None
    course_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteCourse:
    """Record that a person completed a course, with the certificate that it gives, if it gives one."""

    party_id: str
    course_id: str
    area_path: AreaPath
    completed_at: datetime
    certificate: IssueCertificate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeCertificate:
    """End a certificate."""

    party_id: str
    certificate_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePost:
    """Be appointed to a post that needs qualifications: from its beginning, and at these moments."""

    party_id: str
    post_id: str
    needs: tuple[str, ...]
    since: datetime
    checked_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavePost:
    """Hold a post no more."""

    party_id: str
    post_id: str
    at: datetime


CareerCommand = (
    IssueCertificate | CompleteCourse | RevokeCertificate | TakePost | LeavePost | JoinBody | LeaveBody
)


# Decide


def decide(command: CareerCommand, career: Career) -> Sequence[CareerEvent]:
    """Only who holds all that a post needs takes it; a certificate ends after its beginning, and once."""
    match command:
        case IssueCertificate():
            return [] if command.certificate_id in career.certificates else [_issued(command)]
        case CompleteCourse():
            return _completed(command, career)
        case RevokeCertificate():
            return _revoked(command, career)
        case TakePost():
            return [_taken(command, career)]
        case LeavePost(post_id=post_id):
            if post_id not in career.posts:
                return []
            return [PostLeft(party_id=command.party_id, post_id=post_id, left_at=command.at)]
        case JoinBody(body_id=body_id):
            return [membership.joined(command, career.bodies.get(body_id))]
        case LeaveBody(body_id=body_id):
            return membership.left(command, career.bodies.get(body_id))


def _taken(command: TakePost, career: Career) -> PostTaken:
    for moment in command.checked_at:
        if lacking := career.lacking(command.needs, moment):
            raise refusals.qualifications_are_lacking(lacking)
    return PostTaken(party_id=command.party_id, post_id=command.post_id, since=command.since)


def _issued(command: IssueCertificate) -> CertificateIssued:
    if command.valid_until is not None and command.valid_until <= command.issued_at:
        raise refusals.certificate_period_is_unfit()
    return CertificateIssued(
        party_id=command.party_id,
        certificate_id=command.certificate_id,
        qualification_id=command.qualification_id,
        area_path=command.area_path,
        course_id=command.course_id,
        issued_at=command.issued_at,
        valid_until=command.valid_until,
    )


def _completed(command: CompleteCourse, career: Career) -> Sequence[CareerEvent]:
    if (command.course_id, command.completed_at) in career.completed:
        return []
    completed = CourseCompleted(
        party_id=command.party_id,
        course_id=command.course_id,
        area_path=command.area_path,
        completed_at=command.completed_at,
    )
    return [completed] if command.certificate is None else [completed, _issued(command.certificate)]


def _revoked(command: RevokeCertificate, career: Career) -> Sequence[CareerEvent]:
    held = career.certificates.get(command.certificate_id)
    if held is None:
        raise refusals.certificate_is_unknown(command.certificate_id)
    if held.revoked_at is not None:
        return []
    return [
        CertificateRevoked(
            party_id=command.party_id, certificate_id=command.certificate_id, revoked_at=command.at
        )
    ]


CAREER: Decider[CareerCommand, Career, CareerEvent] = Decider(
    category="career", initial=Career(), decide=decide, evolve=evolve
)
