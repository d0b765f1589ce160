"""Supervision over the real wire: cases are published, counted, shown and rated."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.supervision.v1 import supervision_service_pb2 as pb
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.messaging.progress import Handled
from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import START
from libs.testkit.component import Component, component
from libs.testkit.hostile import assert_never_broken
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import deviations, every_rpc, roles
from libs.testkit.views import assert_rebuilt_equals_live
from services.supervision.tests.published import TRACE_ID, Neighbour, opened
from services.supervision.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["SupervisionService"]
HOUR = timedelta(hours=1)
PUBLIC_ID = "LL-7F3K9-2QD4X"


@dataclass(slots=True)
class City:
    """Supervision beside a cases service that publishes what a test says."""

    running: Component
    cases: Neighbour = field(default_factory=Neighbour)

    def tells(self, *messages: Message, **about: Any) -> str:
        """Cases publishes; answers the revision that its newest answer would carry."""
        answer = self.running.opened.inbox().handle(self.cases.publish(*messages, **about))
        assert isinstance(answer, Handled)
        return self.cases.revision

    def closes(self, case_id: str, *, took: timedelta = 5 * HOUR, **about: Any) -> str:
        """A case goes its way in one breath."""
        body, end = {"case_id": case_id, "body_id": "lasan"}, stamp(START + took)
        return self.tells(
            opened(case_id, START, **about),
            cases.CaseRouted(**body, routed_time=stamp(START)),  # type: ignore[arg-type]  # texts only
            cases.CaseResolved(**body, resolved_time=end),  # type: ignore[arg-type]  # texts only
            cases.CaseClosed(**body, closed_time=end),  # type: ignore[arg-type]  # texts only
        )

    def as_role(self, role: str, **reach: str) -> Any:
        """The service as a person in a role sees it."""
        return self.running.client(self.running.mint.person(role, **reach)).service(DESCRIPTOR)

    def as_nobody(self) -> Any:
        """The service without a token."""
        return self.running.client().service(DESCRIPTOR)


@pytest.fixture
def city(postgres_server: TestServer) -> Iterator[City]:
    with component(postgres_server, SERVICE) as running:
        for area_id, path, name in (("la", "la", "Los Angeles"), ("south", "la/south", "South")):
            area = identity.AreaDefined(area_id=area_id, area_path=path, name=LocalizedText(en=name))
            running.hears("identity", area)
        body = identity.BodyRegistered(body_id="lasan", name=LocalizedText(zh="环卫", en="Sanitation"))
        running.hears("identity", body)
        for affair_id, path in (("waste", "waste"), ("bulky-items", "waste/bulky-items")):
            running.hears("catalog", catalog.AffairDefined(affair_id=affair_id, affair_path=path))
        yield City(running)


def test_the_scoreboard_counts_what_cases_published_and_names_it(city: City) -> None:
    city.closes("c1", due=START + 5 * HOUR)
    city.closes("c2", due=START + 5 * HOUR, took=7 * HOUR)
    revision = city.tells(opened("c3", START, due=START + HOUR))

    board = city.as_role("RESIDENT").get_scoreboard(
        pb.GetScoreboardRequest(group_by=pb.GROUPING_BODY, cases_at_least=revision)
    )

    unowned, lasan = board.rows
    assert (lasan.group_id, lasan.name.zh, lasan.cases, lasan.on_time, lasan.late) == (
        "lasan",
        "环卫",
        2,
        1,
        1,
    )
    assert [(each.state, each.cases) for each in lasan.states] == [(types.CASE_STATE_CLOSED, 2)]
    assert (lasan.on_time_rate, lasan.median_close_seconds, lasan.p90_close_seconds) == (0.5, 18_000, 25_200)
    assert (unowned.group_id, unowned.open, unowned.overdue) == ("", 1, 1)
    assert not unowned.HasField("on_time_rate")
    assert not unowned.HasField("name")
    assert board.cases_position == 9
    assert "time_to_close.v1" in board.metrics


def test_open_cases_are_judged_at_the_moment_asked_for(city: City) -> None:
    revision = city.tells(opened("c1", START, due=START + 2 * HOUR))

    def overdue(judged_at: datetime) -> int:
        request = pb.GetScoreboardRequest(
            group_by=pb.GROUPING_ALL, judged_time=stamp(judged_at), cases_at_least=revision
        )
        [row] = city.as_role("RESIDENT").get_scoreboard(request).rows
        return int(row.overdue)

    assert (overdue(START + 2 * HOUR), overdue(START + 3 * HOUR)) == (0, 1)


def test_a_selection_by_area_and_affair_takes_in_all_below(city: City) -> None:
    city.closes("c1", area_path="la/south")
    revision = city.closes("c2", area_path="la", public_id="LL-00000-00002")

    def counted(**selected: str) -> int:
        request = pb.GetScoreboardRequest(
            group_by=pb.GROUPING_ALL,
            cases_at_least=revision,
            **selected,  # type: ignore[arg-type]  # texts only
        )
        return sum(row.cases for row in city.as_role("RESIDENT").get_scoreboard(request).rows)

    assert [counted(area_id="la"), counted(area_id="south"), counted(affair_id="waste")] == [2, 1, 2]


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"group_by": pb.GROUPING_ALL, "area_id": "atlantis"}, "AREA_UNKNOWN"),
        ({"group_by": pb.GROUPING_ALL, "body_id": "nobody"}, "BODY_UNKNOWN"),
        ({"group_by": pb.GROUPING_ALL, "affair_id": "nothing"}, "AFFAIR_UNKNOWN"),
        ({"group_by": pb.GROUPING_AREA}, "AREA_DEPTH_MISSING"),
        ({"group_by": pb.GROUPING_ALL, "opened_from_time": stamp(START), "opened_until_time": stamp(START)},
         "PERIOD_EMPTY"),
        ({}, "INVALID_REQUEST"),
        ({"group_by": pb.GROUPING_ALL, "cases_at_least": "yesterday"}, "REVISION_MALFORMED"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused(
    city: City, about: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RpcFailed) as refused:
        city.as_role("RESIDENT").get_scoreboard(pb.GetScoreboardRequest(**about))

    assert refused.value.reason == reason


def test_an_answer_does_not_come_before_what_it_was_to_count(city: City) -> None:
    city.closes("c1")
    request = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, cases_at_least="r900.1")

    with pytest.raises(RpcFailed) as refused:
        city.as_role("RESIDENT").get_scoreboard(request, deadline=1.0)

    assert refused.value.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def test_an_answer_waits_for_what_it_is_to_count(city: City) -> None:
    city.closes("c1")
    request = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, cases_at_least="r5.1")
    resident = city.as_role("RESIDENT")

    with ThreadPoolExecutor(1) as callers:
        answer = callers.submit(resident.get_scoreboard, request)
        city.tells(opened("c2", START))

    assert [row.cases for row in answer.result().rows] == [2]


def test_the_longest_open_cases_come_first_page_by_page(city: City) -> None:
    for number in range(3):
        revision = city.tells(opened(f"c{number}", START - number * HOUR, public_id=f"LL-00000-0000{number}"))
    revision = city.closes("done")
    resident = city.as_role("RESIDENT")

    first = resident.list_longest_open(pb.ListLongestOpenRequest(page_size=2, cases_at_least=revision))
    rest = resident.list_longest_open(
        pb.ListLongestOpenRequest(page_size=2, cases_at_least=revision, page_token=first.next_page_token)
    )

    assert [case.case_id for case in first.cases] == ["c2", "c1"]
    assert ([case.case_id for case in rest.cases], rest.next_page_token) == (["c0"], "")
    shown = first.cases[0]
    assert (shown.area_name.en, shown.channel, shown.state) == (
        "South", types.CHANNEL_WEB, types.CASE_STATE_SUBMITTED,
    )  # fmt: skip


def test_the_longest_open_cases_can_be_filtered(city: City) -> None:
    city.tells(opened("c1", START, area_path="la"))
    revision = city.tells(opened("c2", START, area_path="la/south", affair_id="graffiti"))
    chosen = 'area_path = "la/south" AND state = SUBMITTED AND affair_id = graffiti'

    answer = city.as_role("RESIDENT").list_longest_open(
        pb.ListLongestOpenRequest(filter=chosen, cases_at_least=revision)
    )

    assert [case.case_id for case in answer.cases] == ["c2"]


@pytest.mark.parametrize("name", ["CHANNEL_WEB", "WEB", "web"])
def test_a_channel_is_taken_by_its_name_and_its_word(city: City, name: str) -> None:
    revision = city.tells(opened("c1", START))
    resident = city.as_role("RESIDENT")

    def found(chosen: str) -> list[str]:
        request = pb.ListLongestOpenRequest(filter=chosen, cases_at_least=revision)
        return [case.case_id for case in resident.list_longest_open(request).cases]

    assert (found(f"channel = {name}"), found(f"channel != {name}")) == (["c1"], [])


def test_the_trail_shows_who_did_what_when_why_and_under_which_trace(city: City) -> None:
    city.tells(opened("c1", START), actor="resident-7")
    city.tells(cases.CaseRouted(case_id="c1", body_id="lasan", routed_time=stamp(START)))
    returned = cases.CaseReturned(case_id="c1", body_id="lasan", returned_time=stamp(START + HOUR))
    revision = city.tells(returned, actor="officer-3", reason="not our street")

    trail = city.as_role("SUPERVISOR").get_case_trail(
        pb.GetCaseTrailRequest(case_id="c1", cases_at_least=revision)
    )

    assert [entry.type.rpartition(".")[2] for entry in trail.entries] == [
        "CaseOpened",
        "CaseRouted",
        "CaseReturned",
    ]
    last = trail.entries[-1]
    assert (last.actor, last.reason, last.trace_id, last.body_id) == (
        "officer-3", "not our street", TRACE_ID, "lasan",
    )  # fmt: skip
    assert last.time.ToDatetime(tzinfo=UTC) == START + HOUR
    assert (last.source, last.sequence, last.subject_version) == ("linli://test/cases", 3, 3)
    assert last.noted_time.ToDatetime(tzinfo=UTC) > datetime(2024, 1, 1, tzinfo=UTC)


def test_an_annulled_breach_leaves_the_scoreboard_and_stays_in_the_trail(city: City) -> None:
    city.tells(opened("c1", START, due=START + HOUR))
    breach = cases.DeadlineBreached(
        case_id="c1", clock=types.CLOCK_KIND_RESOLUTION, breached_time=stamp(START + HOUR)
    )
    annulled = cases.MomentAnnulled(
        case_id="c1",
        clock=types.CLOCK_KIND_RESOLUTION,
        moment=types.MOMENT_KIND_BREACH,
        moment_time=stamp(START + HOUR),
        annulled_time=stamp(START),
    )

    def breached(revision: str) -> int:
        asked = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, cases_at_least=revision)
        return int(city.as_role("RESIDENT").get_scoreboard(asked).rows[0].resolution_breached)

    assert breached(city.tells(breach)) == 1
    assert breached(city.tells(annulled, actor="olga")) == 0
    trail = city.as_role("SUPERVISOR").get_case_trail(pb.GetCaseTrailRequest(case_id="c1"))
    public = city.as_nobody().get_public_case_trail(pb.GetPublicCaseTrailRequest(public_id=PUBLIC_ID))
    last = trail.entries[-1]
    assert (last.type, last.actor) == ("linli.cases.v1.MomentAnnulled", "olga")
    assert (last.clock, last.moment) == (types.CLOCK_KIND_RESOLUTION, types.MOMENT_KIND_BREACH)
    assert (public.entries[-1].type, public.entries[-1].moment) == (last.type, last.moment)
    assert breached(city.tells(breach)) == 1
    assert_rebuilt_equals_live(city.running.opened.ledger, SERVICE.views)


def test_a_trail_comes_in_pages(city: City) -> None:
    revision = city.closes("c1")
    supervisor = city.as_role("SUPERVISOR")

    first = supervisor.get_case_trail(
        pb.GetCaseTrailRequest(case_id="c1", page_size=3, cases_at_least=revision)
    )
    rest = supervisor.get_case_trail(
        pb.GetCaseTrailRequest(
            case_id="c1", page_size=3, page_token=first.next_page_token, cases_at_least=revision
        )
    )

    assert [entry.number for entry in (*first.entries, *rest.entries)] == [1, 2, 3, 4]
    assert rest.next_page_token == ""


def test_the_public_trail_tells_no_persons_reasons_or_internal_notes(city: City) -> None:
    city.tells(opened("c1", START), actor="resident-7", reason="because")
    revision = city.tells(cases.NoteAdded(case_id="c1", to_reporter=False, added_time=stamp(START)))
    board = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, cases_at_least=revision)
    city.as_role("RESIDENT").get_scoreboard(board)

    answer = city.as_nobody().get_public_case_trail(pb.GetPublicCaseTrailRequest(public_id=PUBLIC_ID))

    assert [entry.type for entry in answer.entries] == ["linli.cases.v1.CaseOpened"]
    assert b"resident-7" not in answer.SerializeToString()
    assert b"because" not in answer.SerializeToString()


def test_a_supervisor_of_another_area_does_not_see_the_trail(city: City) -> None:
    revision = city.closes("c1", area_path="la/south")
    elsewhere = city.as_role("SUPERVISOR", area="north", path="la/north")
    of_the_body = city.as_role("SUPERVISOR", body="lasan")
    request = pb.GetCaseTrailRequest(case_id="c1", cases_at_least=revision)

    with pytest.raises(RpcFailed) as refused:
        elsewhere.get_case_trail(request)

    assert refused.value.reason == "OUT_OF_REACH"
    assert len(of_the_body.get_case_trail(request).entries) == 4


def test_the_reporter_rates_a_closed_case_from_anywhere_and_it_shows(city: City) -> None:
    revision = city.closes("c1", reporter_id="ann")
    ann = city.as_role("RESIDENT", subject="ann", area="north", path="la/north")

    answer = ann.rate_case(
        pb.RateCaseRequest(request_id="r1", case_id="c1", stars=4, comment="quick", cases_at_least=revision)
    )

    assert (answer.rating.rater_id, answer.rating.by_reporter, answer.rating.comment) == (
        "ann",
        True,
        "quick",
    )
    request = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, at_least=answer.revision)
    [row] = ann.get_scoreboard(request).rows
    assert (row.ratings, row.average_rating) == (1, 4.0)
    [entry] = city.running.opened.source.batch(0, 100).events
    assert entry.type == "linli.supervision.v1.CaseRated"


def test_a_neighbour_rates_in_their_area_only(city: City) -> None:
    revision = city.closes("c1", area_path="la/south")
    request = pb.RateCaseRequest(request_id="r1", case_id="c1", stars=2, cases_at_least=revision)
    near = city.as_role("RESIDENT", subject="bea", area="south", path="la/south")
    far = city.as_role("RESIDENT", subject="cal", area="north", path="la/north")

    with pytest.raises(RpcFailed) as refused:
        far.rate_case(request)

    assert refused.value.reason == "OUT_OF_REACH"
    assert not near.rate_case(request).rating.by_reporter


def test_nobody_rates_what_their_own_body_did(city: City) -> None:
    revision = city.closes("c1", reporter_id="rob")
    both = city.running.mint.holding("rob", Grant("CASE_OFFICER", body="lasan"), Grant("RESIDENT"))
    rob = city.running.client(both).service(DESCRIPTOR)

    with pytest.raises(RpcFailed) as refused:
        rob.rate_case(pb.RateCaseRequest(request_id="r1", case_id="c1", stars=5, cases_at_least=revision))

    assert refused.value.reason == "WORKS_FOR_THE_BODY"


def test_a_repeated_rating_gets_the_first_answer_and_another_is_refused(city: City) -> None:
    revision = city.closes("c1", reporter_id="ann")
    ann = city.as_role("RESIDENT", subject="ann")
    request = pb.RateCaseRequest(request_id="r1", case_id="c1", stars=4, cases_at_least=revision)
    first = ann.rate_case(request)

    again = ann.rate_case(request)
    with pytest.raises(RpcFailed) as refused:
        ann.rate_case(pb.RateCaseRequest(request_id="r2", case_id="c1", stars=1))

    assert again == first
    assert refused.value.reason == "CASE_RATED_ALREADY"


def test_of_racing_ratings_each_person_gets_one_in(city: City) -> None:
    revision = city.closes("c1")
    people = [city.as_role("RESIDENT", subject=f"resident-{number}") for number in range(4)]

    def rate(number: int) -> str:
        request = pb.RateCaseRequest(request_id=f"r{number}", case_id="c1", stars=5, cases_at_least=revision)
        while True:
            try:
                people[number % 4].rate_case(request)
            except RpcFailed as failed:
                if failed.code is not grpc.StatusCode.ABORTED:  # others were faster, several times over
                    return failed.reason
            else:
                return "rated"

    with ThreadPoolExecutor(12) as callers:
        outcomes = sorted(callers.map(rate, range(12)))

    assert outcomes == ["CASE_RATED_ALREADY"] * 8 + ["rated"] * 4


def test_the_comment_of_an_erased_person_is_gone_and_the_stars_stay(city: City) -> None:
    revision = city.closes("c1", reporter_id="ann")
    ann = city.as_role("RESIDENT", subject="ann")
    ann.rate_case(
        pb.RateCaseRequest(
            request_id="r1", case_id="c1", stars=4, comment="Mrs Wu was kind", cases_at_least=revision
        )
    )
    supervisor = city.as_role("SUPERVISOR")
    request = pb.ListCaseRatingsRequest(case_id="c1")
    [before] = supervisor.list_case_ratings(request).ratings
    events = city.running.opened.ledger.read(limit=10_000)
    read = [each.event for each in events if isinstance(each.event, PersonalDataDisclosed)]

    city.running.hears("identity", identity.SubjectErased(subject_id="ann"))

    [after] = supervisor.list_case_ratings(request).ratings
    assert (before.comment, after.comment, after.stars) == ("Mrs Wu was kind", "", 4)
    assert [(each.subject_ids, each.classes, each.purpose) for each in read] == [
        (("ann",), ("RATING",), "AUDIT")
    ]


@pytest.mark.parametrize("rpc", ["get_case_trail", "list_case_ratings", "rate_case"])
def test_an_unknown_case_is_not_found(city: City, rpc: str) -> None:
    about: dict[str, Any] = {"request_id": "r1", "stars": 3} if rpc == "rate_case" else {}
    requests = {
        "get_case_trail": pb.GetCaseTrailRequest,
        "list_case_ratings": pb.ListCaseRatingsRequest,
        "rate_case": pb.RateCaseRequest,
    }
    role = "RESIDENT" if rpc == "rate_case" else "SUPERVISOR"

    with pytest.raises(RpcFailed) as refused:
        getattr(city.as_role(role), rpc)(requests[rpc](case_id="c404", **about))

    assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.NOT_FOUND, "CASE_UNKNOWN")


def test_an_unknown_public_number_is_not_found(city: City) -> None:
    with pytest.raises(RpcFailed) as refused:
        city.as_nobody().get_public_case_trail(pb.GetPublicCaseTrailRequest(public_id="LL-00000-00000"))

    assert refused.value.reason == "CASE_UNKNOWN"


def test_everybody_may_read_how_the_numbers_are_counted(city: City) -> None:
    metrics = city.as_nobody().list_metrics(pb.ListMetricsRequest()).metrics

    assert {metric.name for metric in metrics} >= {"on_time_rate.v1", "time_to_close.v1"}
    assert all(metric.definition.zh and metric.definition.en for metric in metrics)


def test_every_rpc_lets_in_exactly_whom_it_declares(city: City) -> None:
    assert deviations(city.running.address, city.running.mint, every_rpc(DESCRIPTOR)) == []


def test_no_request_however_strange_breaks_an_rpc(city: City) -> None:
    city.closes("c1")
    everybody = city.running.client(city.running.mint.person(*roles(), subject="ann"))
    seeds: dict[str, Any] = {
        "case_id": ["c1", "c404"],
        "public_id": [PUBLIC_ID],
        "area_id": ["", "south"],
        "body_id": ["", "lasan"],
        "affair_id": ["", "waste"],
        "filter": ["", 'area_path = "la"', "state = ROUTED", "opened_time < yesterday", "due_time = 7"],
        "page_token": [""],
        "at_least": ["", "r1.1"],
        "cases_at_least": ["", "r1.1"],
    }

    assert_never_broken(everybody, every_rpc(DESCRIPTOR), seeds=seeds)


def test_rebuilt_views_equal_the_live_ones(city: City) -> None:
    city.closes("c1", reporter_id="ann")
    city.tells(opened("c2", START), cases.CaseRouted(case_id="c2", body_id="bos", routed_time=stamp(START)))
    returned = cases.CaseReturned(case_id="c2", body_id="bos", returned_time=stamp(START))
    revision = city.tells(returned)
    city.as_role("RESIDENT", subject="ann").rate_case(
        pb.RateCaseRequest(request_id="r1", case_id="c1", stars=4, cases_at_least=revision)
    )

    assert_rebuilt_equals_live(city.running.opened.ledger, city.running.opened.views)


def test_batches_delivered_again_change_nothing(city: City) -> None:
    batch = city.cases.publish(opened("c1", START), opened("c2", START))
    inbox = city.running.opened.inbox()
    inbox.handle(batch)
    head = city.running.opened.ledger.head()

    inbox.handle(batch)
    city.running.opened.inbox().handle(batch)

    assert city.running.opened.ledger.head() == head
