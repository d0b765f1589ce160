"""Qualifications, courses, certificates, and taking a post by them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.career import (
    CAREER,
    Career,
    CertificateIssued,
    CertificateRevoked,
    CompleteCourse,
    CourseCompleted,
    IssueCertificate,
    LeavePost,
    PostLeft,
    PostTaken,
    RevokeCertificate,
    TakePost,
)
from services.identity.domain.course import COURSE, CourseDefined, DefineCourse
from services.identity.domain.membership import BodyJoined, BodyLeft, JoinBody, LeaveBody
from services.identity.domain.qualification import (
    QUALIFICATION,
    Defined,
    DefineQualification,
    QualificationDefined,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
MEI = some_id("mei")
WILLOW = AreaPath("la/willow")

given_career = deciding(CAREER)
given_qualification = deciding(QUALIFICATION)
given_course = deciding(COURSE)

ISSUE = IssueCertificate(
    party_id=MEI,
    certificate_id="c-1",
    qualification_id="first-aid",
    area_path=WILLOW,
    issued_at=AT,
    valid_until=AT + 30 * DAY,
)
ISSUED = CertificateIssued(
    party_id=MEI,
    certificate_id="c-1",
    qualification_id="first-aid",
    area_path=WILLOW,
    course_id="",
    issued_at=AT,
    valid_until=AT + 30 * DAY,
)
REVOKED = CertificateRevoked(party_id=MEI, certificate_id="c-1", revoked_at=AT + 10 * DAY)
TAKE = TakePost(party_id=MEI, post_id="nurse", needs=("first-aid",), since=AT, checked_at=(AT,))


def lacks(career: Career, at: datetime) -> bool:
    return career.lacking(["first-aid"], at) == ["first-aid"]


@pytest.mark.capability("000.4")
def test_a_certificate_counts_from_its_beginning_until_its_end() -> None:
    issued = given_career().when(ISSUE)

    issued.then(ISSUED)
    issued.then_state(
        lambda state: (
            [lacks(state, AT + days * DAY) for days in (-1, 0, 29, 30)] == [True, False, False, True]
        )
    )


@pytest.mark.capability("000.4")
def test_a_revoked_certificate_counted_until_then() -> None:
    revoke = RevokeCertificate(party_id=MEI, certificate_id="c-1", at=AT + 10 * DAY)
    revoked = given_career(ISSUED).when(revoke)

    revoked.then(REVOKED)
    revoked.then_state(lambda state: not lacks(state, AT + 9 * DAY) and lacks(state, AT + 10 * DAY))
    given_career(ISSUED, REVOKED).when(replace(revoke, at=AT + 20 * DAY)).then_nothing_happens()
    given_career().when(revoke).then_refused("CERTIFICATE_UNKNOWN", Kind.NOT_FOUND)


def test_a_certificate_that_never_counts_is_refused() -> None:
    never = given_career().when(replace(ISSUE, valid_until=AT))

    never.then_refused("CERTIFICATE_PERIOD_UNFIT", Kind.INVALID)


def test_a_completed_course_gives_its_certificate_once() -> None:
    complete = CompleteCourse(
        party_id=MEI,
        course_id="course-1",
        area_path=WILLOW,
        completed_at=AT,
        certificate=replace(ISSUE, course_id="course-1"),
    )
    completed = CourseCompleted(party_id=MEI, course_id="course-1", area_path=WILLOW, completed_at=AT)
    issued = replace(ISSUED, course_id="course-1")

    given_career().when(complete).then(completed, issued)
    given_career().when(replace(complete, certificate=None)).then(completed)
    given_career(completed, issued).when(complete).then_nothing_happens()


def test_only_who_is_qualified_at_every_moment_asked_takes_a_post() -> None:
    given_career(ISSUED).when(TAKE).then(PostTaken(party_id=MEI, post_id="nurse", since=AT))
    given_career().when(TAKE).then_refused("QUALIFICATIONS_LACKING", Kind.PRECONDITION)
    later = replace(TAKE, checked_at=(AT, AT + 30 * DAY))
    given_career(ISSUED).when(later).then_refused("QUALIFICATIONS_LACKING", Kind.PRECONDITION)
    given_career().when(replace(TAKE, needs=())).then_state(lambda state: state.posts == ("nurse",))


def test_a_post_is_left_once() -> None:
    taken = PostTaken(party_id=MEI, post_id="nurse", since=AT)
    left = PostLeft(party_id=MEI, post_id="nurse", left_at=AT + DAY)
    leave = LeavePost(party_id=MEI, post_id="nurse", at=AT + DAY)

    given_career(taken).when(leave).then(left)
    given_career(taken, left).when(leave).then_nothing_happens()


def test_a_qualification_is_defined_once_and_says_for_how_long_it_counts() -> None:
    define = DefineQualification(qualification_id="first-aid", name=Text(zh="急救"), valid_days=730, at=AT)
    defined = QualificationDefined(
        qualification_id="first-aid", name=Text(zh="急救"), valid_days=730, defined_at=AT
    )

    given_qualification().when(define).then(defined)
    given_qualification(defined).when(replace(define, at=AT + DAY)).then_nothing_happens()
    given_qualification(defined).when(replace(define, valid_days=0)).then_refused(
        "QUALIFICATION_DEFINED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )
    given_qualification().when(replace(define, name=Text())).then_refused("NAME_MISSING", Kind.INVALID)
    known = Defined(qualification_id="q", name=Text(zh="急救"), valid_days=0)
    assert known.valid_until(AT) is None


def test_a_course_is_defined_once() -> None:
    define = DefineCourse(
        course_id="course-1",
        title=Text(en="First aid"),
        area_id="willow",
        area_path=WILLOW,
        qualification_id="first-aid",
        at=AT,
    )
    defined = CourseDefined(
        course_id="course-1",
        title=Text(en="First aid"),
        area_id="willow",
        area_path=WILLOW,
        qualification_id="first-aid",
        defined_at=AT,
    )

    given_course().when(define).then(defined)
    given_course(defined).when(replace(define, at=AT + DAY)).then_nothing_happens()
    given_course(defined).when(replace(define, qualification_id="")).then_refused(
        "COURSE_DEFINED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )
    given_course().when(replace(define, title=Text())).then_refused("NAME_MISSING", Kind.INVALID)


BODY_JOINED = BodyJoined(party_id=MEI, body_id="bos", area_path=WILLOW, since=AT, until=AT + 90 * DAY)
JOIN = JoinBody(party_id=MEI, body_id="bos", area_path=WILLOW, since=AT, until=AT + 90 * DAY, at=AT)
LEFT = BodyLeft(party_id=MEI, body_id="bos", since=AT, left_at=AT + DAY)


def test_a_person_is_a_member_of_a_body_from_a_moment_until_one() -> None:
    admitted = given_career().when(JOIN)

    admitted.then(BODY_JOINED)
    admitted.then_state(
        lambda state: (
            [state.bodies["bos"].holds(AT + days * DAY) for days in (-1, 0, 89, 90)]
            == [False, True, True, False]
        )
    )


def test_one_stay_follows_another() -> None:
    again = replace(JOIN, since=AT + DAY, until=None, at=AT + DAY)

    given_career(BODY_JOINED).when(again).then_refused("MEMBER_ALREADY", Kind.PRECONDITION)
    given_career(BODY_JOINED, LEFT).when(again).then(replace(BODY_JOINED, since=AT + DAY, until=None))
    given_career(BODY_JOINED).when(replace(again, body_id="parks")).then(
        replace(BODY_JOINED, body_id="parks", since=AT + DAY, until=None)
    )
    given_career().when(replace(JOIN, since=AT + DAY)).then_refused("NOT_YET", Kind.INVALID)
    given_career().when(replace(JOIN, until=AT)).then_refused("TERM_UNFIT", Kind.INVALID)


def test_only_a_member_leaves_and_the_erased_in_silence() -> None:
    leave = LeaveBody(party_id=MEI, body_id="bos", at=AT + DAY)

    given_career(BODY_JOINED).when(leave).then(LEFT)
    given_career(BODY_JOINED, LEFT).when(leave).then_refused("NOT_A_MEMBER_OF_THE_BODY", Kind.PRECONDITION)
    given_career().when(leave).then_refused("NOT_A_MEMBER_OF_THE_BODY", Kind.PRECONDITION)
    given_career(BODY_JOINED, LEFT).when(replace(leave, erased=True)).then_nothing_happens()
