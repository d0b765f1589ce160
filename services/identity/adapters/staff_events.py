"""The names under which events of posts, careers, courses and qualifications are stored; all are private."""

from collections.abc import Mapping

from services.identity.domain.career import (
    CertificateIssued,
    CertificateRevoked,
    CourseCompleted,
    PostLeft,
    PostTaken,
)
from services.identity.domain.course import CourseDefined
from services.identity.domain.membership import BodyJoined, BodyLeft
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

STAFF: Mapping[str, type] = {
    "qualification_defined.v1": QualificationDefined,
    "course_defined.v1": CourseDefined,
    "course_completed.v1": CourseCompleted,
    "certificate_issued.v1": CertificateIssued,
    "certificate_revoked.v1": CertificateRevoked,
    "post_taken.v1": PostTaken,
    "post_left.v1": PostLeft,
    "post_established.v1": PostEstablished,
    "post_needs_changed.v1": PostNeedsChanged,
    "post_abolished.v1": PostAbolished,
    "holder_appointed.v1": HolderAppointed,
    "term_changed.v1": TermChanged,
    "appointment_ended.v1": AppointmentEnded,
    "successor_named.v1": SuccessorNamed,
    "body_joined.v1": BodyJoined,
    "body_left.v1": BodyLeft,
}
