"""The rpcs about qualifications, courses and certificates."""

from linli.identity.v1 import identity_staffing_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Reach
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.training import NewCourse
from services.identity.domain.qualification import DefineQualification
from services.identity.entrypoints.resident import permit_by
from services.identity.entrypoints.wire.staff import (
    certificate_shown,
    certificate_state_shown,
    course_shown,
    qualification_shown,
)

READING_SCOPE, WRITING_SCOPE = "staff.read", "staff.write"


class TrainingApi:
    """What people learned, and what certifies it."""

    def __init__(self, app: App) -> None:
        self._app = app

    def define_qualification(
        self, request: pb.DefineQualificationRequest, call: Call
    ) -> pb.DefineQualificationResponse:
        """Name a kind of certificate."""
        command = DefineQualification(
            qualification_id=request.qualification_id,
            name=text_of(request.name),
            valid_days=request.valid_days,
            at=call.at,
        )
        handled = self._app.training.define(command, call.context(), call.permit)
        shown = qualification_shown(handled.state)
        return pb.DefineQualificationResponse(qualification=shown, revision=handled.revision)

    def list_qualifications(
        self, request: pb.ListQualificationsRequest, call: Call
    ) -> pb.ListQualificationsResponse:
        """Read a page of qualifications."""
        rows, next_token = self._app.training.list_qualifications(request, Fresh.of(request, call))
        shown = map(qualification_shown, rows)
        return pb.ListQualificationsResponse(qualifications=shown, next_page_token=next_token)

    def define_course(self, request: pb.DefineCourseRequest, call: Call) -> pb.DefineCourseResponse:
        """Offer a course."""
        new = NewCourse(
            course_id=request.course_id,
            title=text_of(request.title),
            area_id=request.area_id,
            qualification_id=request.qualification_id,
            at=call.at,
        )
        handled = self._app.training.offer(new, call.context(), call.permit)
        return pb.DefineCourseResponse(course=course_shown(handled.state), revision=handled.revision)

    def list_courses(self, request: pb.ListCoursesRequest, call: Call) -> pb.ListCoursesResponse:
        """Read a page of courses."""
        rows, next_token = self._app.training.list_courses(request, Fresh.of(request, call))
        return pb.ListCoursesResponse(courses=map(course_shown, rows), next_page_token=next_token)

    def record_completion(
        self, request: pb.RecordCompletionRequest, call: Call
    ) -> pb.RecordCompletionResponse:
        """Record that a person completed a course."""
        given, handled = self._app.training.complete(
            request.course_id,
            request.party_id,
            moment(request.completed_time),
            call.at,
            call.context(),
            permit_by(call, writing),
        )
        shown = certificate_state_shown(given) if given else None
        return pb.RecordCompletionResponse(certificate=shown, revision=handled.revision)

    def issue_certificate(
        self, request: pb.IssueCertificateRequest, call: Call
    ) -> pb.IssueCertificateResponse:
        """Record a certificate that a person got elsewhere."""
        issued, handled = self._app.training.issue(
            request.party_id,
            request.qualification_id,
            moment(request.issued_time),
            moment_of(request, "valid_until_time"),
            call.at,
            call.context(),
            permit_by(call, writing),
        )
        shown = certificate_state_shown(issued)
        return pb.IssueCertificateResponse(certificate=shown, revision=handled.revision)

    def revoke_certificate(
        self, request: pb.RevokeCertificateRequest, call: Call
    ) -> pb.RevokeCertificateResponse:
        """End a certificate before its time."""
        context = call.context(reason=request.reason)
        revoked, handled = self._app.training.revoke(
            request.party_id, request.certificate_id, call.at, context, permit_by(call, writing)
        )
        shown = certificate_state_shown(revoked)
        return pb.RevokeCertificateResponse(certificate=shown, revision=handled.revision)

    def list_certificates(
        self, request: pb.ListCertificatesRequest, call: Call
    ) -> pb.ListCertificatesResponse:
        """Read a page of certificates."""
        at, fresh = moment_of(request, "valid_at_time"), Fresh.of(request, call)
        rows, next_token = self._app.training.certificates(request, call.me, at, reading(call), fresh)
        return pb.ListCertificatesResponse(
            certificates=map(certificate_shown, rows), next_page_token=next_token
        )


def reading(call: Call) -> Reach:
    """Where the caller reads what people are qualified for, who have no body. A check."""
    return call.reach_by(READING_SCOPE).by_area


def writing(call: Call) -> Reach:
    """Where the caller records it. A check."""
    return call.reach_by(WRITING_SCOPE).by_area
