"""Posts: established, held by one person at a time, abolished."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.post import POST
from services.identity.domain.post.commands import (
    AbolishPost,
    AppointHolder,
    ChangePostNeeds,
    ChangeTerm,
    EndAppointment,
    EstablishPost,
    NameSuccessor,
)
from services.identity.domain.post.events import (
    AppointmentEnded,
    HolderAppointed,
    PostAbolished,
    PostEstablished,
    PostNeedsChanged,
    PostRole,
    SuccessorNamed,
    TermChanged,
)
from services.identity.domain.post.situations import Established, Post
from services.identity.domain.values import TWO_PERSONS, Role, Within

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
MEI, BO = some_id("mei"), some_id("bo")
WITHIN = Within(area_id="willow", area_path=AreaPath("la/willow"), body_id="bos")
OFFICER = PostRole(role=Role.CASE_OFFICER, within=WITHIN)

given_post = deciding(POST)

ESTABLISH = EstablishPost(
    post_id="willow-nurse",
    body_id="bos",
    title=Text(en="Nurse"),
    area_id="willow",
    area_path=AreaPath("la/willow"),
    needs=("first-aid",),
    roles=(OFFICER,),
    since=AT,
)
ESTABLISHED = PostEstablished(
    post_id="willow-nurse",
    body_id="bos",
    title=Text(en="Nurse"),
    area_id="willow",
    area_path=AreaPath("la/willow"),
    needs=("first-aid",),
    roles=(OFFICER,),
    since=AT,
)
APPOINT = AppointHolder(party_id=MEI, since=AT, until=AT + YEAR, at=AT)
APPOINTED = HolderAppointed(
    post_id="willow-nurse",
    body_id="bos",
    area_path=AreaPath("la/willow"),
    party_id=MEI,
    since=AT,
    until=AT + YEAR,
)
ENDED = AppointmentEnded(post_id="willow-nurse", party_id=MEI, since=AT, ended_at=AT + DAY)


def _holder(post: Post, at: datetime) -> str:
    assert isinstance(post, Established)
    holder = post.holder(at)
    return holder.party_id if holder else ""


@pytest.mark.capability("002.7")
def test_a_post_is_established_once() -> None:
    given_post().when(ESTABLISH).then(ESTABLISHED)
    given_post(ESTABLISHED).when(replace(ESTABLISH, since=AT + DAY)).then_nothing_happens()


@pytest.mark.parametrize(
    "other",
    [
        replace(ESTABLISH, body_id="parks"),
        replace(ESTABLISH, title=Text(en="Doctor")),
        replace(ESTABLISH, area_id="elm"),
        replace(ESTABLISH, needs=()),
        replace(ESTABLISH, roles=()),
    ],
)
def test_no_other_post_gets_its_id(other: EstablishPost) -> None:
    again = given_post(ESTABLISHED).when(other)

    again.then_refused("POST_ESTABLISHED_DIFFERENTLY", Kind.ALREADY_EXISTS)


@pytest.mark.parametrize(
    "role",
    [
        *(PostRole(role=each, within=WITHIN) for each in sorted(TWO_PERSONS)),
        PostRole(role=Role.PLANNER, within=Within()),
    ],
)
def test_a_post_carries_no_role_without_limits_and_none_that_takes_two_persons(role: PostRole) -> None:
    outcome = given_post().when(replace(ESTABLISH, roles=(OFFICER, role)))

    outcome.then_refused("POST_ROLE_UNFIT", Kind.INVALID)


@pytest.mark.capability("002.7")
def test_one_person_holds_it_until_the_term_ends() -> None:
    appointed = given_post(ESTABLISHED).when(APPOINT)

    appointed.then(APPOINTED)
    appointed.then_state(lambda post: _holder(post, AT + YEAR - DAY) == MEI)
    appointed.then_state(lambda post: _holder(post, AT + YEAR) == "")


@pytest.mark.parametrize(
    ("since", "until"),
    [(AT + DAY, None), (AT, AT + DAY), (AT + DAY, AT + 2 * DAY), (AT + YEAR - DAY, AT + 2 * YEAR)],
)
def test_nobody_is_appointed_over_another_term(since: datetime, until: datetime | None) -> None:
    late = AT + 3 * YEAR

    over = given_post(ESTABLISHED, APPOINTED).when(
        AppointHolder(party_id=BO, since=since, until=until, at=late)
    )

    over.then_refused("POST_HELD", Kind.PRECONDITION)


def test_a_vacant_post_is_filled_also_afterwards() -> None:
    after = AppointHolder(party_id=BO, since=AT + YEAR, until=None, at=AT + 2 * YEAR)
    between = AppointHolder(party_id=BO, since=AT + DAY, until=AT + YEAR, at=AT + YEAR)

    given_post(ESTABLISHED, APPOINTED).when(after).then_state(lambda post: _holder(post, after.at) == BO)
    given_post(ESTABLISHED, APPOINTED, ENDED).when(between).then_state(
        lambda post: [_holder(post, AT + days * DAY) for days in (0, 1, 365)] == [MEI, BO, ""]
    )


@pytest.mark.parametrize(
    ("appoint", "reason", "kind"),
    [
        (replace(APPOINT, since=AT + DAY), "NOT_YET", Kind.INVALID),
        (replace(APPOINT, until=AT), "TERM_UNFIT", Kind.INVALID),
        (replace(APPOINT, since=AT - DAY), "APPOINTMENT_TOO_EARLY", Kind.PRECONDITION),
    ],
)
def test_a_term_lies_where_it_can(appoint: AppointHolder, reason: str, kind: Kind) -> None:
    given_post(ESTABLISHED).when(appoint).then_refused(reason, kind)


def test_the_end_of_a_term_is_moved_by_naming_the_holder() -> None:
    moved = ChangeTerm(party_id=MEI, until=AT + 2 * YEAR, at=AT + DAY)
    held = given_post(ESTABLISHED, APPOINTED)

    held.when(moved).then(TermChanged(post_id="willow-nurse", since=AT, until=AT + 2 * YEAR))
    held.when(replace(moved, until=AT + YEAR)).then_nothing_happens()
    held.when(replace(moved, party_id=BO)).then_refused("NOT_THE_HOLDER", Kind.PRECONDITION)
    held.when(replace(moved, until=AT + DAY)).then_refused("TERM_UNFIT", Kind.INVALID)
    held.when(replace(moved, at=AT + YEAR)).then_refused("NOT_THE_HOLDER", Kind.PRECONDITION)


def test_an_appointment_is_ended_once() -> None:
    end = EndAppointment(party_id=MEI, at=AT + DAY)

    given_post(ESTABLISHED, APPOINTED).when(end).then(ENDED)
    given_post(ESTABLISHED, APPOINTED, ENDED).when(end).then_refused("NOT_THE_HOLDER", Kind.PRECONDITION)


def test_an_erased_person_leaves_and_nobody_else_does() -> None:
    gone = EndAppointment(party_id=MEI, at=AT + DAY, erased=True)

    given_post(ESTABLISHED, APPOINTED).when(gone).then(ENDED)
    given_post(ESTABLISHED, APPOINTED).when(replace(gone, party_id=BO)).then_nothing_happens()
    given_post(ESTABLISHED, APPOINTED).when(replace(gone, at=AT + YEAR)).then_nothing_happens()


def test_an_erased_person_leaves_also_what_they_were_given_meanwhile() -> None:
    gone = EndAppointment(party_id=MEI, at=AT - DAY, erased=True)
    ended = replace(ENDED, ended_at=AT)

    given_post(ESTABLISHED, APPOINTED).when(gone).then(ended)
    given_post(ESTABLISHED, APPOINTED, ended).when(gone).then_nothing_happens()
    left = given_post(ESTABLISHED, APPOINTED, ended).state
    assert isinstance(left, Established)
    assert left.holder(AT + DAY) is None


def test_only_a_vacant_post_is_abolished_and_then_for_good() -> None:
    abolished = PostAbolished(post_id="willow-nurse", abolished_at=AT + DAY)
    abolish = AbolishPost(at=AT + DAY)

    given_post(ESTABLISHED, APPOINTED).when(abolish).then_refused("POST_HELD", Kind.PRECONDITION)
    given_post(ESTABLISHED, APPOINTED, ENDED).when(abolish).then(abolished)
    given_post(ESTABLISHED, abolished).when(abolish).then_nothing_happens()
    asked = (ESTABLISH, APPOINT, ChangePostNeeds(needs=(), at=AT), NameSuccessor(party_id=BO, at=AT))
    for command in asked:
        given_post(ESTABLISHED, abolished).when(command).then_refused("POST_ABOLISHED", Kind.PRECONDITION)


def test_what_a_post_needs_changes_from_a_moment_on() -> None:
    changed = PostNeedsChanged(
        post_id="willow-nurse",
        needs=("first-aid", "cantonese"),
        needed_before=("first-aid",),
        before_since=AT,
        changed_at=AT + DAY,
    )
    change = ChangePostNeeds(needs=("first-aid", "cantonese"), at=AT + DAY)

    given_post(ESTABLISHED).when(change).then(changed)
    given_post(ESTABLISHED, changed).when(change).then_nothing_happens()
    given_post(ESTABLISHED, changed).when(replace(ESTABLISH, needs=change.needs)).then_nothing_happens()


def test_somebody_else_is_named_to_follow() -> None:
    named = SuccessorNamed(post_id="willow-nurse", party_id=BO, named_at=AT)

    given_post(ESTABLISHED, APPOINTED).when(NameSuccessor(party_id=BO, at=AT)).then(named)
    given_post(ESTABLISHED, named).when(NameSuccessor(party_id=BO, at=AT)).then_nothing_happens()
    given_post(ESTABLISHED, APPOINTED).when(NameSuccessor(party_id=MEI, at=AT)).then_refused(
        "SUCCESSOR_IS_THE_HOLDER", Kind.INVALID
    )


def test_whoever_follows_is_named_no_more() -> None:
    named = SuccessorNamed(post_id="willow-nurse", party_id=MEI, named_at=AT)

    outcome = given_post(ESTABLISHED, named).when(APPOINT)

    outcome.then(APPOINTED)
    assert isinstance(outcome.state, Established)
    assert outcome.state.successor_id == ""


def test_nothing_is_asked_of_a_post_that_is_not_there() -> None:
    given_post().when(APPOINT).then_refused("POST_UNKNOWN", Kind.NOT_FOUND)
