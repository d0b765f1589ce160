"""Posts, their holders and what they need: over the real wire."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as service
from linli.identity.v1 import identity_staffing_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2
from linli.types.v1 import types_pb2

from libs.ledger.forgotten import FORGETTING
from libs.ledger.recorded import Context, Recorded
from libs.ledger.streams.decision import Loaded
from libs.ledger.streams.stream import Task, handle_many
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.domain.access import ACCESS, GrantRole
from services.identity.domain.career import CAREER, Career, TakePost
from services.identity.domain.post import POST
from services.identity.domain.post.commands import AppointHolder
from services.identity.domain.post.situations import Established
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    grant,
    log_in,
    operator_of,
    refused,
    register,
    register_body,
    with_login,
)
from services.identity.wiring import SERVICE

ROLE = access_pb2.Role.Value
RACERS = 8
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
request_id = Ids("identity posts")
number = Ids("staff of posts")
name = Ids("post")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as opened:
        stub = operator_of(opened)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT)
        register_body(stub, "lasan")
        for qualification_id in ("first-aid", "cantonese"):
            qualify(stub, qualification_id)
        yield opened


@pytest.fixture
def operator(running: Component) -> Any:
    return operator_of(running)


def qualify(stub: Any, qualification_id: str, valid_days: int = 0) -> Any:
    request = pb.DefineQualificationRequest(
        request_id=request_id(),
        qualification_id=qualification_id,
        name=types_pb2.LocalizedText(en=qualification_id),
        valid_days=valid_days,
    )
    return stub.define_qualification(request)


def establish(
    stub: Any, *needs: str, area_id: str = "willow", since: datetime = NOW - 1000 * DAY, **roles: str
) -> str:
    """A new post; `roles`: area by role."""
    post_id = f"post-{name()}"
    request = pb.EstablishPostRequest(
        request_id=request_id(),
        post_id=post_id,
        body_id="lasan",
        title=types_pb2.LocalizedText(zh="护士", en="Nurse"),
        area_id=area_id,
        qualification_ids=needs,
        roles=[
            pb.PostRole(role=ROLE(f"ROLE_{role}"), area_id=area, body_id="lasan")
            for role, area in roles.items()
        ],
        since_time=stamp(since),
    )
    stub.establish_post(request)
    return post_id


def certify(
    stub: Any,
    party_id: str,
    qualification_id: str = "first-aid",
    since: datetime = NOW - 1000 * DAY,
    until: datetime | None = None,
) -> Any:
    request = pb.IssueCertificateRequest(
        request_id=request_id(),
        party_id=party_id,
        qualification_id=qualification_id,
        issued_time=stamp(since),
        valid_until_time=stamp(until) if until else None,
    )
    return stub.issue_certificate(request)


def appoint(
    stub: Any,
    post_id: str,
    party_id: str,
    since: datetime | None = None,
    until: datetime | None = None,
    **more: str,
) -> Any:
    request = pb.AppointHolderRequest(
        request_id=more.get("request_id") or request_id(),
        post_id=post_id,
        party_id=party_id,
        since_time=stamp(since) if since else None,
        until_time=stamp(until) if until else None,
    )
    return stub.appoint_holder(request)


def end(stub: Any, post_id: str, party_id: str) -> Any:
    return stub.end_appointment(
        pb.EndAppointmentRequest(
            request_id=request_id(), post_id=post_id, party_id=party_id, reason="moved away"
        )
    )


def somebody(stub: Any, area_id: str = "willow") -> str:
    return str(register(stub, number(), area_id=area_id).resident_id)


def shown(running: Component, stub: Any, post_id: str, at: datetime | None = None) -> pb.Post:
    at_least = running.opened.ledger.revision(running.opened.ledger.head())
    request = pb.ListPostsRequest(
        page_size=1000, at_time=stamp(at) if at else None, at_least=at_least, filter='body_id = "lasan"'
    )
    [found] = [each for each in stub.list_posts(request).posts if each.post_id == post_id]
    assert isinstance(found, pb.Post)
    return found


def roles_of(running: Component, party_id: str) -> dict[str, datetime | None]:
    held = running.opened.streams["access"].load(party_id).state.held(datetime.now(UTC))
    return {each.role.value: each.until for each in held.values()}


# appointing


@pytest.mark.capability("002.7")
def test_whoever_is_appointed_acts_in_the_roles_of_the_post(running: Component, operator: Any) -> None:
    post_id = establish(operator, "first-aid", PLANNER="north")
    party_id = with_login(operator, number(), "appointed")
    certify(operator, party_id)
    until = datetime.now(UTC) + 200 * DAY

    appoint(operator, post_id, party_id, until=until)

    assert roles_of(running, party_id) == {"PLANNER": until}
    planner = log_in(running, "appointed")
    end(operator, post_id, party_id)
    with pytest.raises(RpcFailed, match="TOKEN_REVOKED"):
        planner.list_roles(service.ListRolesRequest())
    assert roles_of(running, party_id) == {}
    assert shown(running, operator, post_id).holder_id == ""


def test_the_same_role_granted_by_hand_outlives_the_appointment(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator, CASE_OFFICER="north"), somebody(operator)
    grant(operator, party_id, "CASE_OFFICER", "north", "lasan")

    appoint(operator, post_id, party_id, until=datetime.now(UTC) + DAY)
    end(operator, post_id, party_id)

    assert roles_of(running, party_id) == {"CASE_OFFICER": None}


def test_a_longer_term_keeps_the_roles_longer(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator, VOLUNTEER="north"), somebody(operator)
    appoint(operator, post_id, party_id, until=datetime.now(UTC) + DAY)
    longer = datetime.now(UTC) + 10 * DAY

    operator.change_term(
        pb.ChangeTermRequest(
            request_id=request_id(), post_id=post_id, party_id=party_id, until_time=stamp(longer)
        )
    )

    assert roles_of(running, party_id) == {"VOLUNTEER": longer}
    assert moment(shown(running, operator, post_id).held_until_time) == longer


def test_a_term_that_is_over_already_gives_no_role(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator, VOLUNTEER="north"), somebody(operator)

    appoint(operator, post_id, party_id, NOW - 20 * DAY, NOW - 10 * DAY)

    assert roles_of(running, party_id) == {}
    assert shown(running, operator, post_id, NOW - 15 * DAY).holder_id == party_id


@pytest.mark.capability("000.4")
def test_who_lacks_a_qualification_is_not_appointed(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator, "first-aid", "cantonese", VOLUNTEER="north"), somebody(operator)
    certify(operator, party_id, "first-aid", until=NOW - DAY)
    certify(operator, party_id, "cantonese")

    with refused("QUALIFICATIONS_LACKING"):
        appoint(operator, post_id, party_id)
    with refused("QUALIFICATIONS_LACKING"):
        appoint(operator, post_id, party_id, NOW - 10 * DAY)  # valid then, and no more
    assert roles_of(running, party_id) == {}


@pytest.mark.capability("002.7")
def test_of_clerks_who_appoint_at_once_one_wins(running: Component, operator: Any) -> None:
    post_id = establish(operator, "first-aid", VOLUNTEER="north")
    wanted = [somebody(operator) for _ in range(RACERS)]
    for party_id in wanted:
        certify(operator, party_id)
    clerks = [operator_of(running) for _ in wanted]

    def race(number: int) -> str:
        try:
            appoint(clerks[number], post_id, wanted[number])
        except RpcFailed as failed:
            return failed.reason
        return "appointed"

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = list(pool.map(race, range(RACERS)))

    assert sorted(outcomes) == ["POST_HELD"] * (RACERS - 1) + ["appointed"]
    winner = wanted[outcomes.index("appointed")]
    assert shown(running, operator, post_id).holder_id == winner
    assert {each: roles_of(running, each) for each in wanted if roles_of(running, each)} == {
        winner: {"VOLUNTEER": None}
    }


def test_an_appointment_that_is_told_twice_is_one(running: Component, operator: Any) -> None:
    post_id, party_id, once = establish(operator, VOLUNTEER="north"), somebody(operator), request_id()

    first = appoint(operator, post_id, party_id, request_id=once)
    again = appoint(operator, post_id, party_id, request_id=once)

    assert first.revision == again.revision


# who may


def test_nobody_appoints_themselves(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator), somebody(operator)
    themself = as_role(running, "PLANNER", "la/north", subject=party_id)

    with refused("NOT_FOR_YOURSELF"):
        appoint(themself, post_id, party_id)


def test_nobody_says_what_they_are_qualified_for_themselves(running: Component, operator: Any) -> None:
    party_id = somebody(operator)
    themself = as_role(running, "PLANNER", "la/north", subject=party_id)

    with refused("NOT_FOR_YOURSELF"):
        certify(themself, party_id)


def test_no_refusal_tells_which_certificates_somebody_elsewhere_lacks(
    running: Component, operator: Any
) -> None:
    define_once, party_id = establish(operator, "first-aid", "cantonese"), somebody(operator, "south")
    north = as_role(running, "PLANNER", "la/north", subject=somebody(operator))

    with refused("QUALIFICATIONS_LACKING") as failed:
        appoint(north, define_once, party_id)
    assert failed.value.metadata["qualification_ids"] == ""


def test_nobody_hands_on_by_a_post_what_they_may_not_grant(running: Component, operator: Any) -> None:
    planner = as_role(running, "PLANNER", "la/north", subject=somebody(operator))
    post_id, plain, party_id = establish(planner, SUPERVISOR="north"), establish(planner), somebody(operator)

    appoint(planner, plain, party_id)
    with refused("ROLE_NOT_YOURS_TO_GRANT"):
        appoint(planner, post_id, party_id)
    assert roles_of(running, party_id) == {}


def test_posts_beyond_ones_reach_are_neither_made_nor_held_nor_seen(
    running: Component, operator: Any
) -> None:
    post_id, party_id = establish(operator), somebody(operator)
    south = as_role(running, "PLANNER", "la/south", subject=somebody(operator))

    for act in (
        lambda: establish(south),
        lambda: appoint(south, post_id, party_id),
        lambda: end(south, post_id, party_id),
        lambda: certify(south, party_id),
        lambda: qualify(south, "everything"),
        lambda: south.list_candidates(pb.ListCandidatesRequest(post_id=post_id)),
        lambda: south.list_shortages(pb.ListShortagesRequest(area_id="north")),
        lambda: south.get_retention(pb.GetRetentionRequest(area_id="north")),
    ):
        with refused("OUT_OF_REACH"):
            act()
    assert post_id not in {each.post_id for each in south.list_posts(pb.ListPostsRequest()).posts}


def test_a_person_reads_their_own_certificates_and_no_others(running: Component, operator: Any) -> None:
    mine, other = somebody(operator), somebody(operator)
    certify(operator, mine, "cantonese", until=NOW - DAY)
    last = certify(operator, mine)
    certify(operator, other)
    me = as_role(running, "RESIDENT", "la/north/willow", subject=mine)

    def read(valid_at: datetime | None = None) -> list[tuple[str, str]]:
        request = pb.ListCertificatesRequest(
            at_least=last.revision, valid_at_time=stamp(valid_at) if valid_at else None
        )
        found = me.list_certificates(request).certificates
        return [(each.party_id, each.qualification_id) for each in found]

    assert sorted(read()) == [(mine, "cantonese"), (mine, "first-aid")]
    assert read(NOW) == [(mine, "first-aid")]


# vacancies and successors


@pytest.mark.capability("002.7")
def test_a_post_is_told_as_it_was_at_any_date(running: Component, operator: Any) -> None:
    post_id, first, second = establish(operator), somebody(operator), somebody(operator)
    appoint(operator, post_id, first, NOW - 900 * DAY, NOW - 600 * DAY)
    appoint(operator, post_id, second, NOW - 500 * DAY)

    told = {
        days: shown(running, operator, post_id, NOW - days * DAY) for days in (950, 900, 700, 600, 550, 500)
    }

    assert {days: each.holder_id for days, each in told.items()} == {
        950: "",
        900: first,
        700: first,
        600: "",
        550: "",
        500: second,
    }
    assert moment(told[550].vacant_since_time) == NOW - 600 * DAY
    assert moment(told[950].vacant_since_time) == NOW - 1000 * DAY
    assert not told[500].HasField("vacant_since_time")
    before = pb.ListPostsRequest(page_size=1000, at_time=stamp(NOW - 1001 * DAY))
    assert post_id not in {each.post_id for each in operator.list_posts(before).posts}


@pytest.mark.capability("000.4")
def test_who_could_succeed_at_a_date_holds_everything_then(running: Component, operator: Any) -> None:
    post_id = establish(operator, "first-aid", "cantonese")
    holder, ready, half, late, gone = (somebody(operator) for _ in range(5))
    for party_id in (holder, ready, late, gone):
        certify(operator, party_id, "first-aid")
    for party_id in (holder, ready, half, gone):
        certify(operator, party_id, "cantonese")
    certify(operator, late, "cantonese", NOW - 5 * DAY)
    appoint(operator, post_id, holder)
    _erase(running, gone)
    named = operator.name_successor(
        pb.NameSuccessorRequest(request_id=request_id(), post_id=post_id, party_id=ready)
    )

    def candidates(at: datetime | None = None) -> set[str]:
        request = pb.ListCandidatesRequest(
            post_id=post_id,
            page_size=1000,
            at_time=stamp(at) if at else None,
            at_least=named.revision,
        )
        told = operator.list_candidates(request)
        assert told.successor_id == ready
        assert {each.party_id for each in told.candidates if each.named} == {ready}
        return {each.party_id for each in told.candidates} & {holder, ready, half, late, gone}

    assert candidates() == {ready, late}
    assert candidates(NOW - 10 * DAY) == {ready, holder}  # nobody held it then
    assert shown(running, operator, post_id).successor_id == ready
    assert shown(running, operator, post_id).candidates >= 2


def _erase(running: Component, party_id: str) -> None:
    officer = as_role(running, "DATA_PROTECTION_OFFICER")
    officer.erase_subject(
        service.EraseSubjectRequest(request_id=request_id(), subject_id=party_id, reason="on request")
    )


@pytest.mark.capability("002.5")
def test_whoever_is_erased_leaves_the_post_vacant(running: Component, operator: Any) -> None:
    post_id, party_id = establish(operator, "first-aid", VOLUNTEER="north"), somebody(operator)
    certify(operator, party_id)
    appoint(operator, post_id, party_id)

    _erase(running, party_id)

    told = shown(running, operator, post_id)
    assert (told.holder_id, told.HasField("vacant_since_time")) == ("", True)
    assert roles_of(running, party_id) == {}
    with refused("PARTY_UNKNOWN"):
        appoint(operator, post_id, party_id)
    assert_no_certificate(running, operator, party_id)


@pytest.mark.capability("002.5")
@pytest.mark.parametrize("already_erased", [False, True])
def test_whoever_is_appointed_while_they_are_erased_holds_nothing_afterwards(
    running: Component, operator: Any, monkeypatch: pytest.MonkeyPatch, *, already_erased: bool
) -> None:
    first, post_id = establish(operator), establish(operator, VOLUNTEER="north")
    party_id = somebody(operator)
    appoint(operator, first, party_id)
    careers = running.opened.streams.of(CAREER)
    look, looks = careers.load, count(1)

    def while_they_are_erased(subject_id: str) -> Loaded[Career]:
        """The officer's two looks at what the person holds; a planner had looked whether they are there."""
        number = next(looks)
        if already_erased and number == 2:
            _appoint_unseen(running, post_id, party_id)
        found = look(subject_id)
        if not already_erased and number == 1:
            _appoint_unseen(running, post_id, party_id)
        return found

    monkeypatch.setattr(careers, "load", while_they_are_erased)
    _erase(running, party_id)

    for each in (first, post_id):
        assert shown(running, operator, each).holder_id == ""
    assert roles_of(running, party_id) == {}
    assert look(party_id).state.posts == ()
    streams = running.opened.streams
    [heard, *_] = streams.of(FORGETTING).history(party_id)
    left: list[Recorded[Any]] = [
        *careers.history(party_id),
        *streams.of(POST).history(post_id),
        *streams.of(ACCESS).history(party_id),
    ]
    assert all(each.position < heard.position for each in left), "a service may say so only after all that"


def _appoint_unseen(running: Component, post_id: str, party_id: str) -> None:
    """What an appointment records once it is known that the person is registered."""
    streams, at, context = running.opened.streams, datetime.now(UTC), Context(actor="planner")
    known = streams.of(POST).load(post_id).state
    assert isinstance(known, Established)
    taking = TakePost(party_id=party_id, post_id=post_id, needs=(), since=at, checked_at=(at,))
    tasks: list[Task] = [
        (streams.of(POST), post_id, AppointHolder(party_id=party_id, since=at, until=None, at=at), context),
        (streams.of(CAREER), party_id, taking, context),
    ]
    for each in known.established.roles:
        granting = GrantRole(party_id=party_id, role=each.role, within=each.within, at=at, post_id=post_id)
        tasks.append((streams.of(ACCESS), party_id, granting, context))
    handle_many(running.opened.ledger, tasks)


def assert_no_certificate(running: Component, stub: Any, party_id: str) -> None:
    request = pb.ListCertificatesRequest(filter=f'party_id = "{party_id}"')
    assert not stub.list_certificates(request).certificates


def test_a_completed_course_qualifies(running: Component, operator: Any) -> None:
    qualify(operator, "lifeguard", valid_days=100)
    course = pb.DefineCourseRequest(
        request_id=request_id(),
        course_id="lifeguards-2026",
        title=types_pb2.LocalizedText(en="Lifeguards"),
        area_id="north",
        qualification_id="lifeguard",
    )
    operator.define_course(course)
    party_id, post_id = somebody(operator), establish(operator, "lifeguard")

    given = operator.record_completion(
        pb.RecordCompletionRequest(
            request_id=request_id(),
            course_id="lifeguards-2026",
            party_id=party_id,
            completed_time=stamp(NOW - 10 * DAY),
        )
    ).certificate

    assert moment(given.valid_until_time) == NOW + 90 * DAY
    appoint(operator, post_id, party_id)
    operator.revoke_certificate(
        pb.RevokeCertificateRequest(
            request_id=request_id(), party_id=party_id, certificate_id=given.certificate_id
        )
    )
    assert shown(running, operator, post_id).holder_id == party_id
    [listed] = operator.list_courses(pb.ListCoursesRequest(filter='area = "la/north"')).courses
    assert listed.course_id == "lifeguards-2026"


def test_a_post_is_abolished_when_it_is_vacant_and_stays_in_the_past(
    running: Component, operator: Any
) -> None:
    post_id, party_id = establish(operator), somebody(operator)
    appoint(operator, post_id, party_id)
    abolish = pb.AbolishPostRequest(request_id=request_id(), post_id=post_id, reason="reform")

    with refused("POST_HELD"):
        operator.abolish_post(abolish)
    end(operator, post_id, party_id)
    abolish.request_id = request_id()
    done = operator.abolish_post(abolish)

    now = operator.list_posts(pb.ListPostsRequest(page_size=1000, at_least=done.revision)).posts
    assert post_id not in {each.post_id for each in now}
    assert shown(running, operator, post_id, NOW - DAY).post_id == post_id
    held = operator.list_appointments(pb.ListAppointmentsRequest(filter=f'post_id = "{post_id}"'))
    assert [each.party_id for each in held.appointments] == [party_id]


# memberships


def admit(stub: Any, party_id: str, since: datetime | None = None, until: datetime | None = None) -> Any:
    request = pb.AdmitMemberRequest(
        request_id=request_id(),
        party_id=party_id,
        body_id="lasan",
        since_time=stamp(since) if since else None,
        until_time=stamp(until) if until else None,
    )
    return stub.admit_member(request)


def let_go(stub: Any, party_id: str) -> Any:
    return stub.end_membership(
        pb.EndMembershipRequest(request_id=request_id(), party_id=party_id, body_id="lasan", reason="left")
    )


def members(running: Component, stub: Any, at: datetime | None = None) -> set[str]:
    request = pb.ListMembershipsRequest(
        page_size=1000,
        filter='body_id = "lasan"',
        at_time=stamp(at) if at else None,
        at_least=running.opened.ledger.revision(running.opened.ledger.head()),
    )
    return {each.party_id for each in stub.list_memberships(request).memberships}


def test_roles_for_a_body_end_with_the_membership(running: Component, operator: Any) -> None:
    party_id, post_id = with_login(operator, number(), "member"), establish(operator, PLANNER="north")
    until = datetime.now(UTC) + 30 * DAY
    admit(operator, party_id, NOW - 100 * DAY, until)
    grant(operator, party_id, "CASE_OFFICER", "north", "lasan")
    grant(operator, party_id, "VOLUNTEER", "north")
    appoint(operator, post_id, party_id)
    assert roles_of(running, party_id) == {"CASE_OFFICER": until, "VOLUNTEER": None, "PLANNER": until}
    assert shown(running, operator, post_id).held_until_time == stamp(until)
    assert party_id in members(running, operator, NOW - 50 * DAY)
    officer = log_in(running, "member")

    let_go(operator, party_id)

    with pytest.raises(RpcFailed, match="TOKEN_REVOKED"):
        officer.list_bodies(service.ListBodiesRequest())
    assert roles_of(running, party_id) == {"VOLUNTEER": None}
    assert shown(running, operator, post_id).holder_id == ""
    assert party_id not in members(running, operator)
    with refused("NOT_A_MEMBER_OF_THE_BODY"):
        grant(operator, party_id, "CASE_OFFICER", "north", "lasan")
    with refused("NOT_A_MEMBER_OF_THE_BODY"):
        appoint(operator, post_id, party_id)
    admit(operator, party_id)
    grant(operator, party_id, "CASE_OFFICER", "north", "lasan")


def test_a_membership_does_not_end_before_the_roles_that_are_held(running: Component, operator: Any) -> None:
    party_id = somebody(operator)
    grant(operator, party_id, "CASE_OFFICER", "north", "lasan")

    with refused("ROLES_OUTLAST_MEMBERSHIP"):
        admit(operator, party_id, until=datetime.now(UTC) + DAY)

    admit(operator, party_id)
    assert roles_of(running, party_id) == {"CASE_OFFICER": None}


def test_nobody_is_let_go_by_whoever_may_not_end_their_roles(running: Component, operator: Any) -> None:
    party_id = somebody(operator)
    admit(operator, party_id)
    grant(operator, party_id, "CASE_OFFICER", "north", "lasan")

    with refused("ROLE_NOT_YOURS_TO_GRANT"):
        let_go(as_role(running, "PLANNER", "la"), party_id)
    with refused("OUT_OF_REACH"):
        let_go(as_role(running, "OPERATOR", "la/south"), party_id)
    assert roles_of(running, party_id) == {"CASE_OFFICER": None}


def test_whoever_is_erased_is_no_member_any_more(running: Component, operator: Any) -> None:
    party_id = somebody(operator)
    admit(operator, party_id)

    _erase(running, party_id)

    assert party_id not in members(running, operator)


def test_views_of_posts_rebuilt_are_the_live_ones(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)
