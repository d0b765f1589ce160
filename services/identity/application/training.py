"""Use cases of training: qualifications, courses and their completion, certificates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import AreaPath
from services.identity.application.area import AreaStream, defined
from services.identity.application.career import CareerStream
from services.identity.application.resident import ResidentStream, registered
from services.identity.application.staff_ports import (
    CertificateRow,
    CourseRow,
    QualificationRow,
    TrainingReads,
)
from services.identity.domain import course, household_refusals, qualification, refusals
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.career import (
    Career,
    CareerEvent,
    Certificate,
    CompleteCourse,
    IssueCertificate,
    RevokeCertificate,
)
from services.identity.domain.course import CourseEvent, DefineCourse
from services.identity.domain.qualification import DefineQualification, QualificationEvent

QualificationStream = Stream[DefineQualification, qualification.Qualification, QualificationEvent]
CourseStream = Stream[DefineCourse, course.Course, CourseEvent]
CareerHandled = Handled[Career, CareerEvent]


def assure_defined(qualifications: QualificationStream, ids: Sequence[str]) -> None:
    """Refuse (QUALIFICATION_UNKNOWN) ids that no qualification has."""
    for each in ids:
        if isinstance(qualifications.load(each).state, qualification.Undefined):
            raise unfit.qualification_is_unknown(each, "qualification_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCourse:
    """A course as a caller describes it."""

    course_id: str
    title: Text
    area_id: str
    qualification_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What can be done about qualifications."""

    qualifications: QualificationStream
    courses: CourseStream
    careers: CareerStream
    residents: ResidentStream
    areas: AreaStream
    reads: TrainingReads

    def define(
        self, command: DefineQualification, context: Context, permit: Permit
    ) -> Handled[qualification.Qualification, QualificationEvent]:
        """Name a kind of certificate, for everybody: the caller's grant must have no limits."""
        permit(Jurisdiction())
        return self.qualifications.handle(command.qualification_id, command, context)

    def offer(self, new: NewCourse, context: Context, permit: Permit) -> Handled[course.Course, CourseEvent]:
        """Define a course in an area."""
        area = defined(self.areas, new.area_id)
        permit(Jurisdiction(area_path=area.path))
        if new.qualification_id:
            self._qualification(new.qualification_id)
        command = DefineCourse(
            course_id=new.course_id,
            title=new.title,
            area_id=area.area_id,
            area_path=area.path,
            qualification_id=new.qualification_id,
            at=new.at,
        )
        return self.courses.handle(new.course_id, command, replace(context, area=area.path))

    def complete(
        self,
        course_id: str,
        party_id: str,
        completed_at: datetime,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> tuple[Certificate | None, CareerHandled]:
        """Record that a person completed a course within reach, with the certificate that it gives."""
        _not_for(party_id, context)
        known = self.courses.load(course_id).state
        if isinstance(known, course.Undefined):
            raise unfit.course_is_unknown(course_id)
        permit(Jurisdiction(area_path=known.area_path))
        area_path = self._home(party_id, permit)
        _assure_past(completed_at, at, "completed_time")
        certificate = None
        if known.qualification_id:
            ends = self._qualification(known.qualification_id).valid_until(completed_at)
            certificate = IssueCertificate(
                party_id=party_id,
                certificate_id=derived_id(context.actor, context.request_id or ""),
                qualification_id=known.qualification_id,
                area_path=area_path,
                issued_at=completed_at,
                valid_until=ends,
                course_id=course_id,
            )
        command = CompleteCourse(
            party_id=party_id,
            course_id=course_id,
            area_path=area_path,
            completed_at=completed_at,
            certificate=certificate,
        )
        handled = self.careers.handle(party_id, command, replace(context, area=area_path))
        given = certificate and handled.state.certificates.get(certificate.certificate_id)
        return given or None, handled

    def issue(
        self,
        party_id: str,
        qualification_id: str,
        issued_at: datetime,
        valid_until: datetime | None,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> tuple[Certificate, CareerHandled]:
        """Record a certificate that a person holds; without an end it is valid as long as its kind is."""
        _not_for(party_id, context)
        known = self._qualification(qualification_id)
        area_path = self._home(party_id, permit)
        _assure_past(issued_at, at, "issued_time")
        command = IssueCertificate(
            party_id=party_id,
            certificate_id=derived_id(context.actor, context.request_id or ""),
            qualification_id=qualification_id,
            area_path=area_path,
            issued_at=issued_at,
            valid_until=valid_until or known.valid_until(issued_at),
        )
        handled = self.careers.handle(party_id, command, replace(context, area=area_path))
        return handled.state.certificates[command.certificate_id], handled

    def revoke(
        self, party_id: str, certificate_id: str, at: datetime, context: Context, permit: Permit
    ) -> tuple[Certificate, CareerHandled]:
        """End a certificate before its time."""
        area_path = self._home(party_id, permit)
        command = RevokeCertificate(party_id=party_id, certificate_id=certificate_id, at=at)
        handled = self.careers.handle(party_id, command, replace(context, area=area_path))
        return handled.state.certificates[certificate_id], handled

    def list_qualifications(self, query: PageQuery, fresh: Fresh) -> tuple[Sequence[QualificationRow], str]:
        """A page of qualifications."""
        return self.reads.qualifications(query, fresh)

    def list_courses(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[CourseRow], str]:
        """A page of courses."""
        return self.reads.courses(query, fresh)

    def certificates(
        self, query: ListQuery, me: str, at: datetime | None, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[CertificateRow], str]:
        """A page of one's own certificates and those of people within reach."""
        return self.reads.certificates(query, me, at, reach, fresh)

    def _home(self, party_id: str, permit: Permit) -> AreaPath:
        """Where a person is registered, whom the caller must reach. Refuses PARTY_UNKNOWN."""
        person = registered(self.residents, party_id)
        permit(Jurisdiction(area_path=person.area_path))
        return person.area_path

    def _qualification(self, qualification_id: str) -> qualification.Defined:
        known = self.qualifications.load(qualification_id).state
        if isinstance(known, qualification.Undefined):
            raise unfit.qualification_is_unknown(qualification_id)
        return known


def _not_for(party_id: str, context: Context) -> None:
    """Nobody says of themselves what they are qualified for."""
    if party_id == context.actor:
        raise refusals.not_for_yourself()


def _assure_past(moment: datetime, at: datetime, field: str) -> None:
    if moment > at:
        raise household_refusals.lies_in_the_future(field)
