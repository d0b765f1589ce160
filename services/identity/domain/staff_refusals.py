"""The refusals of posts, qualifications, courses and certificates: code, kind and advice of each."""

from collections.abc import Sequence

from libs.ledger.decider import Kind, Refusal


def qualification_is_unknown(qualification_id: str, field: str = "qualification_id") -> Refusal:
    """No qualification has this id."""
    advice = "no qualification has this id; list the qualifications, or define it first"
    return Refusal(
        Kind.NOT_FOUND, "QUALIFICATION_UNKNOWN", advice, field=field, qualification_id=qualification_id
    )


def qualification_is_defined_differently(qualification_id: str) -> Refusal:
    """The id is taken by one with another name or validity."""
    advice = "this qualification exists with another name or validity; give the new one another id"
    return Refusal(
        Kind.ALREADY_EXISTS,
        "QUALIFICATION_DEFINED_DIFFERENTLY",
        advice,
        qualification_id=qualification_id,
    )


def course_is_unknown(course_id: str) -> Refusal:
    """No course has this id."""
    advice = "no course has this id; list the courses, or define it first"
    return Refusal(Kind.NOT_FOUND, "COURSE_UNKNOWN", advice, field="course_id", course_id=course_id)


def course_is_defined_differently(course_id: str) -> Refusal:
    """The id is taken by one with another title, area or qualification."""
    advice = "this course exists with another title, area or qualification; give the new one another id"
    return Refusal(Kind.ALREADY_EXISTS, "COURSE_DEFINED_DIFFERENTLY", advice, course_id=course_id)


def certificate_is_unknown(certificate_id: str) -> Refusal:
    """The person has no certificate with this id."""
    advice = "the person has no such certificate; list their certificates"
    return Refusal(
        Kind.NOT_FOUND, "CERTIFICATE_UNKNOWN", advice, field="certificate_id", certificate_id=certificate_id
    )


def certificate_period_is_unfit() -> Refusal:
    """It would end before it begins."""
    advice = "a certificate ends after it is issued"
    return Refusal(Kind.INVALID, "CERTIFICATE_PERIOD_UNFIT", advice, field="valid_until_time")


def post_is_unknown(post_id: str) -> Refusal:
    """No post has this id."""
    advice = "no post has this id; list the posts, or establish it first"
    return Refusal(Kind.NOT_FOUND, "POST_UNKNOWN", advice, field="post_id", post_id=post_id)


def post_is_established_differently(post_id: str) -> Refusal:
    """The id is taken by a post with another body, title, area, roles or needs."""
    advice = (
        "this post exists with another body, title, area, qualifications or roles; give the new one another"
        " id, or change what the post needs"
    )
    return Refusal(Kind.ALREADY_EXISTS, "POST_ESTABLISHED_DIFFERENTLY", advice, post_id=post_id)


def post_is_abolished(post_id: str) -> Refusal:
    """Nobody is appointed to it any more."""
    advice = "this post was abolished; establish another one"
    return Refusal(Kind.PRECONDITION, "POST_ABOLISHED", advice, post_id=post_id)


def post_role_is_unfit(role: str) -> Refusal:
    """A post may not carry it."""
    advice = "a post carries roles that one person grants, each within an area, for a body, or both"
    return Refusal(Kind.INVALID, "POST_ROLE_UNFIT", advice, field="roles", role=role)


def post_is_held(post_id: str, holder_id: str) -> Refusal:
    """Somebody holds it in that time."""
    advice = "somebody holds this post at that time; end their appointment first"
    return Refusal(Kind.PRECONDITION, "POST_HELD", advice, post_id=post_id, holder_id=holder_id)


def holder_is_another(post_id: str, holder_id: str) -> Refusal:
    """The post is vacant ("" as holder), or somebody else holds it."""
    advice = "this person does not hold the post now; list the post"
    return Refusal(Kind.PRECONDITION, "NOT_THE_HOLDER", advice, post_id=post_id, holder_id=holder_id)


def successor_is_the_holder() -> Refusal:
    """Nobody follows themselves."""
    advice = "this person holds the post now; name somebody else"
    return Refusal(Kind.INVALID, "SUCCESSOR_IS_THE_HOLDER", advice, field="party_id")


def appointment_is_too_early() -> Refusal:
    """The post was not established then."""
    advice = "the post did not exist at that moment; correct the moment"
    return Refusal(Kind.PRECONDITION, "APPOINTMENT_TOO_EARLY", advice, field="since_time")


def term_is_unfit() -> Refusal:
    """It would end before it begins, or has ended already."""
    advice = "a term ends after it begins; to end it now, end the appointment"
    return Refusal(Kind.INVALID, "TERM_UNFIT", advice, field="until_time")


def member_already() -> Refusal:
    """The person is a member of the body in that time."""
    advice = "the person is a member of this body at that time; end the membership first"
    return Refusal(Kind.PRECONDITION, "MEMBER_ALREADY", advice)


def not_a_member_of_the_body() -> Refusal:
    """The person is no member of the body now, or not any more."""
    advice = "the person is not a member of this body now; list the memberships, or admit them"
    return Refusal(Kind.PRECONDITION, "NOT_A_MEMBER_OF_THE_BODY", advice)


def roles_outlast_the_membership(grant_ids: Sequence[str]) -> Refusal:
    """The person holds roles for the body beyond the end that the membership is to have."""
    advice = "the person holds roles for this body beyond that end; grant them until then, or revoke them"
    kind, facts = Kind.PRECONDITION, {"grant_ids": ",".join(grant_ids)}
    return Refusal(kind, "ROLES_OUTLAST_MEMBERSHIP", advice, field="until_time", **facts)


def qualifications_are_lacking(lacking: Sequence[str]) -> Refusal:
    """The person does not hold what the post needs, at the beginning or now."""
    advice = "the person lacks a valid certificate that the post needs; record it first, or appoint another"
    return Refusal(Kind.PRECONDITION, "QUALIFICATIONS_LACKING", advice, qualification_ids=",".join(lacking))
