"""The catalog over the real wire: the tree, who answers, what is promised, what is offered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_events_pb2
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.forgotten import FORGETTING
from libs.rpc.failures import RpcFailed, failure_of
from libs.rpc.moments import stamp
from libs.runtime.doctor.finding import Looking
from libs.runtime.doctor.lasting import look_at_lasting
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.hostile import assert_never_broken
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import deviations, every_rpc, roles
from libs.testkit.views import assert_rebuilt_equals_live
from services.catalog.tests.town import (
    AREAS,
    DESCRIPTOR,
    NEW_YEAR,
    NEXT_CENTURY,
    SPRING,
    SUMMER,
    assign,
    define,
    define_calendar,
    find,
    promise,
    refused,
    request_id,
    settle,
    stub,
)
from services.catalog.wiring import SERVICE

FEED = feed.DESCRIPTOR.services_by_name["FeedService"]


FAR = datetime(2099, 1, 1, tzinfo=UTC)
"""So far ahead that no other test looks there."""


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        settle(service)
        planner = stub(service, "PLANNER")
        define(planner, "assistance", "", "welfare", zh="社会救助", en="Assistance")
        define(planner, "meals", "assistance", "canteen", "食堂", zh="助餐", en="Meals")
        define(planner, "waste", en="Waste")
        define_calendar(planner, "office")
        yield service


@pytest.fixture
def planner(running: Component) -> Any:
    return stub(running, "PLANNER")


@pytest.fixture
def reader(running: Component) -> Any:
    return stub(running, "RESIDENT")


# affairs


def test_the_tree_is_listed_from_the_top(planner: Any, reader: Any) -> None:
    revision = define(planner, "lunch", "meals").revision

    listed = reader.list_affairs(
        pb.ListAffairsRequest(filter='affair_path = "assistance"', at_least=revision)
    )

    assert [affair.affair_path for affair in listed.affairs] == [
        "assistance",
        "assistance/meals",
        "assistance/meals/lunch",
    ]


def test_a_loader_may_run_again(planner: Any) -> None:
    first = define(planner, "noise", zh="噪音")
    again = define(planner, "noise", zh="噪音")

    assert (again.affair, again.revision) == (first.affair, first.revision)
    with refused("AFFAIR_DEFINED_DIFFERENTLY"):
        define(planner, "noise", zh="噪声")


def test_an_affair_is_changed_only_as_it_was_read(planner: Any) -> None:
    before = define(planner, "parking", en="Parking").revision

    def rename(name: str, if_revision: str) -> Any:
        return planner.rename_affair(
            pb.RenameAffairRequest(
                request_id=request_id(),
                affair_id="parking",
                name=LocalizedText(en=name),
                if_revision=if_revision,
            )
        )

    after = rename("Bicycle parking", before)
    with refused("REVISION_MISMATCH"):
        rename("Car parking", before)
    assert planner.get_affair(pb.GetAffairRequest(affair_id="parking")).affair == after.affair


def test_parts_are_retired_before_the_whole(planner: Any) -> None:
    define(planner, "festival")
    define(planner, "lanterns", "festival")

    def retire(affair_id: str) -> Any:
        return planner.retire_affair(pb.RetireAffairRequest(request_id=request_id(), affair_id=affair_id))

    with refused("AFFAIR_HAS_PARTS"):
        retire("festival")
    assert retire("lanterns").affair.retired
    assert retire("festival").affair.retired
    with refused("AFFAIR_RETIRED"):
        define(planner, "dragons", "festival")
    with refused("AFFAIR_RETIRED"):
        assign(planner, "festival", "town")


@pytest.mark.capability("004.5")
def test_the_nine_standard_affairs_are_loaded_once(running: Component, planner: Any) -> None:
    def seed() -> Any:
        return planner.seed_standard_affairs(
            pb.SeedStandardAffairsRequest(
                request_id=request_id(), area_id="south", body_id="welfare-office", legal_basis="Decision 1"
            )
        )

    first = seed()
    events = running.opened.ledger.head()
    again = seed()

    # `assistance` was there already, with a name of its own: it is left as it is.
    names = {affair.affair_id: affair.name.en for affair in first.affairs}
    assert len(names) == 9
    assert names["assistance"] == "Assistance"
    assert running.opened.ledger.head() == events
    assert list(again.affairs) == list(first.affairs)
    for affair_id in names:
        asked = pb.FindCommitmentRequest(affair_id=affair_id, area_id="elm", at_least=first.revision)
        promised = planner.find_commitment(asked).commitment
        assert promised.calendar_id == "standard"
        assert list(promised.evidence_kinds)
        assert promised.answer.amount
        assert promised.dispatch.amount
        assert promised.reject_reasons
        owner = planner.find_responsible(pb.FindResponsibleRequest(affair_id=affair_id, area_id="south"))
        assert owner.responsibility.body_id == "welfare-office"
    standard = pb.GetCalendarRequest(calendar_id="standard", at_least=first.revision)
    time = planner.get_calendar(standard).calendar.working_time
    assert (time.official_days, time.known_until_date[5:]) == (types.OFFICIAL_DAYS_CHINA, "12-31")


# responsibilities


@pytest.mark.capability("004.1")
def test_who_answers_is_found_with_the_reason(planner: Any, reader: Any) -> None:
    define(planner, "repairs", zh="维修")
    define(planner, "roofs", "repairs")
    wide = assign(planner, "repairs", "town", "cleaners").responsibility
    revision = assign(planner, "roofs", "north", "kitchen").revision

    found = find(reader, "roofs", "elm", at_least=revision)

    assert found.responsibility.item_id == "roofs:north:1"
    assert found.area_path == "town/north/elm"
    assert [(each.responsibility.item_id, pb.Verdict.Name(each.verdict)) for each in found.trace] == [
        ("roofs:north:1", "VERDICT_CHOSEN"),
        ("repairs:town:1", "VERDICT_LESS_PRECISE_AFFAIR"),
    ]
    assert find(reader, "roofs", "south").responsibility == wide
    assert not find(reader, "roofs", "elm", NEW_YEAR - timedelta(seconds=1)).HasField("responsibility")


@pytest.mark.capability("004.1")
def test_a_revision_keeps_the_history(planner: Any, reader: Any) -> None:
    define(planner, "trees")
    item = assign(planner, "trees", "town", "cleaners")
    revised = planner.revise_responsibility(
        pb.ReviseResponsibilityRequest(
            request_id=request_id(),
            item_id="trees:town:1",
            if_revision=item.revision,
            body_id="kitchen",
            legal_basis="Decision 9 of 2020",
            helper_ids=["cleaners"],
            valid_from_time=stamp(SPRING),
        )
    )
    ended = planner.end_responsibility(
        pb.EndResponsibilityRequest(
            request_id=request_id(), item_id="trees:town:1", valid_until_time=stamp(SUMMER)
        )
    )

    versions = reader.get_responsibility(pb.GetResponsibilityRequest(item_id="trees:town:1")).versions

    def owner(at: Any) -> str:
        return str(find(reader, "trees", "elm", at, ended.revision).responsibility.body_id)

    assert revised.responsibility.version == 2
    assert [(each.version, each.body_id) for each in versions] == [(1, "cleaners"), (2, "kitchen")]
    assert owner(NEW_YEAR) == "cleaners"
    assert owner(SPRING - timedelta(microseconds=1)) == "cleaners"
    assert owner(SPRING) == "kitchen"
    assert owner(SUMMER) == ""


def test_of_many_at_once_one_becomes_responsible(running: Component, planner: Any) -> None:
    define(planner, "lamps")

    def attempt(number: int) -> str:
        try:
            return str(assign(planner, "lamps", "town", request=f"race-{number}").responsibility.item_id)
        except RpcFailed as failed:
            return failed.reason

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(attempt, range(16)))

    assert outcomes == ["RESPONSIBILITY_OVERLAPS"] * 15 + ["lamps:town:1"]
    history = running.opened.streams["responsibility"].history("lamps:town")
    assert [each.version for each in history] == [1]


def test_a_retry_gets_the_first_answer(planner: Any) -> None:
    define(planner, "wells")
    first = assign(planner, "wells", "town", request="retried")
    assign(planner, "wells", "elm")

    assert assign(planner, "wells", "town", request="retried") == first
    with refused("REQUEST_ID_REUSED"):
        assign(planner, "wells", "town", "cleaners", request="retried")


def test_a_planner_assigns_within_reach_only(running: Component, planner: Any) -> None:
    define(planner, "ponds")
    north = stub(running, "PLANNER", area="north")

    item = assign(north, "ponds", "elm").responsibility
    assert item.item_id == "ponds:elm:1"
    with refused("OUT_OF_REACH"):
        assign(north, "ponds", "south")
    with refused("OUT_OF_REACH"):
        define(north, "ducks", "ponds")
    with refused("OUT_OF_REACH"):
        promise(north, "ponds", "", 3)
    with refused("OUT_OF_REACH"):
        stub(running, "PLANNER", area="south").end_responsibility(
            pb.EndResponsibilityRequest(request_id=request_id(), item_id=item.item_id)
        )


@pytest.mark.parametrize(
    ("affair_id", "area_id", "body_id", "reason"),
    [
        ("nothing", "town", "kitchen", "AFFAIR_UNKNOWN"),
        ("waste", "nowhere", "kitchen", "AREA_UNKNOWN"),
        ("waste", "town", "nobody", "BODY_UNKNOWN"),
    ],
)
def test_what_does_not_exist_is_not_cited(
    planner: Any, affair_id: str, area_id: str, body_id: str, reason: str
) -> None:
    with refused(reason) as failed:
        assign(planner, affair_id, area_id, body_id)
    assert failed.value.code is grpc.StatusCode.NOT_FOUND


def test_a_refusal_is_told_in_chinese_to_who_reads_it(running: Component) -> None:
    client = running.client(running.mint.person("RESIDENT"))
    rpc: Any = client.channel.unary_unary(f"/{DESCRIPTOR.full_name}/GetAffair")
    metadata = (("authorization", f"Bearer {client.token()}"), ("accept-language", "zh-CN"))

    with pytest.raises(grpc.RpcError) as failed:
        rpc(pb.GetAffairRequest(affair_id="nothing").SerializeToString(), metadata=metadata)

    assert failure_of("GetAffair", failed.value).localized == {
        "zh": "没有编号为nothing的事项，请查看事项列表或先行定义"
    }


def listed(rpc: Any, request: Any, field: str) -> list[Message]:
    """All pages of a list."""
    rows: list[Message] = []
    while True:
        answer = rpc(request)
        rows += getattr(answer, field)
        if not answer.next_page_token:
            return rows
        request.page_token = answer.next_page_token


@pytest.mark.capability("004.1")
def test_unowned_matters_are_those_that_nobody_is_found_for(planner: Any, reader: Any) -> None:
    define(planner, "snow")
    define(planner, "ice", "snow")
    assign(planner, "snow", "north", start=SPRING)
    revision = assign(planner, "ice", "elm", "cleaners", end=SPRING).revision

    for at in (NEW_YEAR - timedelta(days=1), NEW_YEAR, SPRING):
        request = pb.ListUnownedMattersRequest(at_time=stamp(at), at_least=revision, page_size=7)
        unowned: Any = listed(reader.list_unowned_matters, request, "matters")
        affairs: Any = listed(reader.list_affairs, pb.ListAffairsRequest(filter="retired = false"), "affairs")
        recounted = [
            (affair.affair_path, path)
            for affair, (area_id, (path, _)) in product(affairs, sorted(AREAS.items(), key=lambda a: a[1][0]))
            if not find(reader, affair.affair_id, area_id, at).HasField("responsibility")
        ]
        assert [(each.affair_path, each.area_path) for each in unowned] == recounted
        assert ("snow/ice", "town/north/elm") in recounted or at != NEW_YEAR - timedelta(days=1)

    streets = reader.list_unowned_matters(
        pb.ListUnownedMattersRequest(
            at_time=stamp(NEW_YEAR), filter='affair_path = "snow" AND area_level = "street"'
        )
    )
    assert [(each.affair_id, each.area_name.en) for each in streets.matters] == [("snow", "Elm")]


@pytest.mark.capability("003.1")
def test_where_an_area_has_ended_nothing_is_unowned(running: Component, planner: Any, reader: Any) -> None:
    define(planner, "hail")
    ended = identity_events_pb2.AreaEnded(area_id="elm", area_path="town/north/elm")
    ended.valid_until_time.FromDatetime(FAR)

    running.hears("identity", ended)

    def unowned(at: datetime) -> set[str]:
        request = pb.ListUnownedMattersRequest(at_time=stamp(at), filter='affair_id = "hail"')
        return {each.area_id for each in reader.list_unowned_matters(request).matters}

    eventually(lambda: unowned(FAR - timedelta(seconds=1)) - unowned(FAR) == {"elm"})
    assert "north" in unowned(FAR)


def test_the_list_shows_what_holds_at_a_moment(planner: Any, reader: Any) -> None:
    define(planner, "roads")
    assign(planner, "roads", "town", "cleaners", end=SPRING)
    revision = assign(planner, "roads", "town", "kitchen", start=SPRING).revision

    def bodies(at: Any) -> list[str]:
        request = pb.ListResponsibilitiesRequest(
            at_time=stamp(at), filter='affair_id = "roads"', at_least=revision
        )
        return [each.body_id for each in reader.list_responsibilities(request).responsibilities]

    assert [bodies(at) for at in (NEW_YEAR, SPRING)] == [["cleaners"], ["kitchen"]]


# calendars and commitments


def test_a_calendar_keeps_its_versions(planner: Any, reader: Any) -> None:
    first = define_calendar(planner, "school").calendar
    second = define_calendar(planner, "school", "2020-10-01")

    def shown(version: int) -> Any:
        return reader.get_calendar(pb.GetCalendarRequest(calendar_id="school", version=version)).calendar

    calendars = reader.list_calendars(pb.ListCalendarsRequest(at_least=second.revision)).calendars
    assert (shown(1), shown(2), shown(0)) == (first, second.calendar, second.calendar)
    assert second.calendar in calendars
    with refused("CALENDAR_UNKNOWN"):
        shown(3)


@pytest.mark.capability("002.3")
def test_the_most_precise_promise_in_force_counts(planner: Any, reader: Any) -> None:
    define(planner, "shops")
    define(planner, "scales", "shops")
    promise(planner, "shops", "", 9)
    promise(planner, "shops", "", 7, SPRING)
    revision = promise(planner, "scales", "north", 3).revision

    def days(affair_id: str, area_id: str, at: Any) -> int:
        asked = pb.FindCommitmentRequest(
            affair_id=affair_id, area_id=area_id, at_time=stamp(at), at_least=revision
        )
        return int(reader.find_commitment(asked).commitment.resolution.amount)

    assert days("shops", "elm", NEW_YEAR) == 9
    assert days("shops", "elm", SPRING) == 7
    assert days("scales", "elm", SPRING) == 3
    assert days("scales", "south", SPRING) == 7
    with refused("COMMITMENT_UNKNOWN"):
        days("shops", "elm", NEW_YEAR - timedelta(days=1))
    holding = reader.list_commitments(
        pb.ListCommitmentsRequest(at_time=stamp(SPRING), filter='affair_path = "shops"')
    ).commitments
    assert [(each.commitment_id, each.version) for each in holding] == [("shops", 2), ("scales:north", 1)]


def test_a_limit_that_takes_decades_by_its_calendar_is_refused_from_both_sides(planner: Any) -> None:
    define(planner, "lamps")
    calendar = define_calendar(planner, "lamps").calendar
    week = [
        types.WeekdayHours(weekday=types.WEEKDAY_MONDAY, hours=[types.Hours(from_minute=0, until_minute=1)])
    ]
    a_minute = types.WorkingTime(time_zone="Asia/Shanghai", week=week)

    def redefine(calendar_id: str) -> Any:
        return planner.define_calendar(
            pb.DefineCalendarRequest(
                request_id=request_id(), calendar_id=calendar_id, name=calendar.name, working_time=a_minute
            )
        )

    def promised(calendar_id: str) -> Any:
        limit = types.Limit(amount=10_000, unit=types.LIMIT_UNIT_WORKING_HOURS)
        return planner.publish_commitment(
            pb.PublishCommitmentRequest(
                request_id=request_id(), affair_id="lamps", calendar_id=calendar_id, resolution=limit
            )
        )

    redefine("minute")
    with refused("LIMIT_OUT_OF_REACH"):
        promised("minute")
    promised("lamps")
    with refused("LIMIT_OUT_OF_REACH"):
        redefine("lamps")


def test_a_calendar_takes_the_official_days_of_china(running: Component, planner: Any) -> None:
    hours = [types.Hours(from_minute=540, until_minute=1020)]
    week = [types.WeekdayHours(weekday=day, hours=hours) for day in types.Weekday.values()[1:6]]
    working_time = types.WorkingTime(
        time_zone="Asia/Shanghai",
        week=week,
        holidays=["2025-03-03"],
        official_days=types.OFFICIAL_DAYS_CHINA,
    )
    request = pb.DefineCalendarRequest(
        request_id=request_id(),
        calendar_id="official",
        name=LocalizedText(zh="法定工作日"),
        working_time=working_time,
    )

    defined = planner.define_calendar(request)

    time = defined.calendar.working_time
    assert {"2025-01-28", "2025-02-04", "2025-03-03"} <= {*time.holidays}
    assert {"2025-01-26", "2025-02-08"} <= {each.date for each in time.working_dates}
    assert (time.official_days, time.known_until_date[5:]) == (types.OFFICIAL_DAYS_CHINA, "12-31")
    planner.list_calendars(pb.ListCalendarsRequest(at_least=defined.revision))
    assert known_until(running, "official") == [
        ("ok", f"the holidays of the calendar official: until {time.known_until_date}")
    ]


def test_the_doctor_watches_a_calendar_of_commitments_that_does_not_say_how_far_it_goes(
    running: Component, planner: Any
) -> None:
    define(planner, "benches")
    idle, used = define_calendar(planner, "idle"), define_calendar(planner, "used")
    published = planner.publish_commitment(
        pb.PublishCommitmentRequest(
            request_id=request_id(),
            affair_id="benches",
            calendar_id="used",
            resolution=types.Limit(amount=3, unit=types.LIMIT_UNIT_WORKING_DAYS),
        )
    )
    planner.list_calendars(pb.ListCalendarsRequest(at_least=used.revision))
    planner.list_commitments(pb.ListCommitmentsRequest(at_least=published.revision))

    assert known_until(running, idle.calendar.calendar_id) == []
    assert known_until(running, used.calendar.calendar_id) == [
        ("soon", "the holidays of the calendar used, by which commitments count: nobody said until when")
    ]


def known_until(running: Component, calendar_id: str) -> list[tuple[str, str]]:
    """What the doctor says of how far a calendar goes."""
    opened = running.opened
    found = look_at_lasting(Looking("catalog"), opened.service, opened.settings, date(2026, 1, 2))
    return [(each.state, each.says) for each in found if f"the calendar {calendar_id}" in each.says]


def test_a_version_of_a_calendar_says_from_when_it_holds(planner: Any) -> None:
    define_calendar(planner, "winter")
    first = planner.get_calendar(pb.GetCalendarRequest(calendar_id="winter")).calendar

    later = planner.define_calendar(
        pb.DefineCalendarRequest(
            request_id=request_id(),
            calendar_id="winter",
            name=first.name,
            working_time=types.WorkingTime(time_zone="Asia/Shanghai", week=first.working_time.week[:3]),
            valid_from_time=stamp(SUMMER),
        )
    ).calendar

    assert not first.HasField("valid_from_time")
    assert later.valid_from_time == stamp(SUMMER)


def test_a_planned_version_of_a_calendar_is_corrected_and_the_reason_kept(
    running: Component, planner: Any, reader: Any
) -> None:
    define_calendar(planner, "harvest")
    wrong = define_calendar(planner, "harvest", "2020-10-01", start=NEXT_CENTURY).calendar

    with refused("VERSION_UNCHANGED"):
        define_calendar(planner, "harvest", "2020-10-01", start=SUMMER)
    right = define_calendar(
        planner, "harvest", "2020-10-01", start=SUMMER, replaces_version=wrong.version, reason="a typo"
    )

    shown = reader.get_calendar(pb.GetCalendarRequest(calendar_id="harvest")).calendar
    assert (shown.version, shown.valid_from_time) == (3, stamp(SUMMER))
    listed = reader.list_calendars(pb.ListCalendarsRequest(at_least=right.revision)).calendars
    assert shown in listed
    history = running.opened.streams["calendar"].history("harvest")
    assert [each.metadata.why for each in history] == [None, None, "a typo"]


@pytest.mark.capability("002.3")
def test_a_promise_shows_all_its_terms_also_the_usual_ones(planner: Any, reader: Any) -> None:
    define(planner, "park-benches")
    made = promise(planner, "park-benches", "", 9)

    found = reader.find_commitment(
        pb.FindCommitmentRequest(affair_id="park-benches", area_id="elm", at_least=made.revision)
    ).commitment

    assert found == made.commitment
    assert (found.confirmation_days, found.reopening_days) == (7, 30)
    assert found.message_limits.resident == types.Limit(amount=7, unit=types.LIMIT_UNIT_CALENDAR_DAYS)
    assert found.pauses.limit == types.Limit(amount=9, unit=types.LIMIT_UNIT_WORKING_DAYS)
    assert {each.reason.code for each in found.pauses.reasons} >= {"reporter", "weather"}
    assert [each.percent for each in found.escalation.levels] == [100, 150, 200]
    assert [each.label.zh for each in found.reject_reasons if each.code == "unlawful"] == ["请求不合法"]


def test_outcomes_are_decided_and_read_back(planner: Any, reader: Any) -> None:
    define(planner, "ramps")
    built = types.Choice(code="built", label=LocalizedText(zh="已建成", en="Built"))

    decided = planner.decide_outcomes(
        pb.DecideOutcomesRequest(request_id=request_id(), affair_id="ramps", outcomes=[built])
    )

    listed = reader.list_affairs(
        pb.ListAffairsRequest(filter='affair_path = "ramps"', at_least=decided.revision)
    ).affairs
    assert list(decided.affair.outcomes) == [built]
    assert [list(each.outcomes) for each in listed] == [[built]]


@pytest.mark.capability("002.3")
def test_a_promise_counts_by_a_calendar_that_exists(planner: Any) -> None:
    with refused("CALENDAR_UNKNOWN"):
        planner.publish_commitment(
            pb.PublishCommitmentRequest(
                request_id=request_id(),
                affair_id="waste",
                calendar_id="lunar",
                resolution=types.Limit(amount=1, unit=types.LIMIT_UNIT_WORKING_DAYS),
            )
        )


# erasure


@pytest.mark.capability("002.5")
def test_only_of_an_erasure_with_a_receipt_is_it_told_that_the_person_is_forgotten(
    running: Component,
) -> None:
    past = identity_events_pb2.SubjectErased(subject_id="erased-last-year")
    today = identity_events_pb2.SubjectErased(subject_id="erased-today", has_receipt=True)
    forgetting = running.opened.streams.of(FORGETTING)

    running.hears("identity", past)
    running.hears("identity", today)

    eventually(lambda: forgetting.load("erased-today").state.forgotten, "the receipt's person is forgotten")
    told = forgetting.load("erased-last-year").state
    assert (told.heard, told.forgotten) == (True, False)
    with running.opened.ledger.connection() as connection:
        keys = connection.execute("SELECT subject FROM subject_keys WHERE wrapped IS NULL").fetchall()
    assert {"erased-last-year", "erased-today"} <= {row["subject"] for row in keys}


# for all


def test_the_feed_tells_everything_to_everybody_who_may_read_it(running: Component) -> None:
    supervisor = running.client(running.mint.person("SUPERVISOR", area="elm", path="town/north/elm"))

    read = supervisor.service(FEED).read_events(feed.ReadEventsRequest(source="catalog", limit=1000))

    kinds = {event.type.rpartition(".")[2] for event in read.batch.events}
    assert {"AffairDefined", "ResponsibilityAssigned", "CalendarDefined", "CommitmentPublished"} <= kinds
    assert not kinds & {"AreaNoted", "BodyNoted"}


def test_every_rpc_is_open_to_exactly_the_roles_it_declares(running: Component) -> None:
    assert deviations(running.address, running.mint, every_rpc(DESCRIPTOR)) == []


def test_hostile_requests_break_nothing(running: Component) -> None:
    seeds = {
        "affair_id": ["waste", "meals"],
        "area_id": ["town", "elm"],
        "body_id": ["kitchen"],
        "calendar_id": ["office"],
        "item_id": ["trees:town:1", "::", "a:b"],
        "service_id": ["hostile"],
        "at_least": [""],
        "if_revision": [""],
        "time_zone": ["Asia/Shanghai"],
    }
    everybody = running.client(running.mint.person(*roles()))

    assert_never_broken(everybody, every_rpc(DESCRIPTOR), seeds=seeds)


def test_rebuilt_views_equal_live_ones(running: Component) -> None:
    assert running.parked() == 0
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)


def test_where_something_happened_is_kept_as_a_path(running: Component, planner: Any) -> None:
    define(planner, "litter", en="Litter")
    assign(planner, "litter", "elm")
    promise(planner, "litter", "north", 3)

    kept = running.areas_kept()

    assert {"town/north/elm", "town/north"} <= kept <= {path for path, _ in AREAS.values()}
