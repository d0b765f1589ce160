"""What people are told about their cases, over the real wire; the cases service is faked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as case_types
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.ledger.ids import new_id
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    operator_of,
    refused,
    register,
    register_body,
)
from services.identity.wiring import SERVICE

request_id = Ids("identity notices")
number = Ids("residents with notices")
case_id = Ids("cases with notices")
HERE = "la/north/willow"


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        register_body(stub, "lasan")
        yield service


@pytest.fixture
def operator(running: Component) -> Any:
    return operator_of(running)


@pytest.fixture
def mei(operator: Any) -> str:
    """A resident's id."""
    return str(register(operator, number()).resident_id)


def resident(running: Component, subject: str) -> Any:
    """The rpcs as a resident."""
    return as_role(running, "RESIDENT", HERE, subject)


def opened(running: Component, reporter: str, at: datetime | None = None) -> str:
    """A case that somebody reported."""
    case = case_id()
    message = cases.CaseOpened(case_id=case, public_id=f"LL-{case[:6]}", reporter_id=reporter)
    running.hears("cases", message, at=at)
    return case


def told(running: Component, subject: str, expected: int, **fields: Any) -> pb.ListNoticesResponse:
    """The newest notices, as soon as there are as many as expected."""

    def look() -> pb.ListNoticesResponse:
        page: pb.ListNoticesResponse = resident(running, subject).list_notices(
            pb.ListNoticesRequest(**fields)
        )
        assert len(page.notices) == expected
        return page

    return eventually(look, f"{expected} notices")


def preferences(**fields: Any) -> pb.SetNoticePreferencesRequest:
    return pb.SetNoticePreferencesRequest(request_id=request_id(), **fields)


def test_a_reporter_reads_what_became_of_their_case_and_nobody_else_does(
    running: Component, operator: Any, mei: str
) -> None:
    other = str(register(operator, number()).resident_id)
    case = opened(running, mei)
    events: list[Message] = [
        cases.CaseRouted(case_id=case, body_id="lasan"),
        cases.ReporterAnswered(case_id=case, body_id="lasan", note_id="1"),
        cases.CaseClosed(case_id=case, body_id="lasan", cause=case_types.CLOSING_SILENCE),
    ]
    for event in events:
        running.hears("cases", event)

    page = told(running, mei, 4)

    kinds = [types.NoticeKind.Name(notice.kind).removeprefix("NOTICE_KIND_") for notice in page.notices]
    assert kinds == ["CLOSED", "ANSWERED", "ROUTED", "RECEIVED"]
    assert page.unread_count == 4
    assert page.time_zone == "Asia/Shanghai"
    closed, answered = page.notices[:2]
    assert "环卫局" in answered.text.zh
    assert answered.text.en.startswith("Sanitation wrote to you")
    assert "诉求人未表示意见" in closed.text.zh
    assert "(UTC+08:00)" in closed.text.en
    assert told(running, other, 0).unread_count == 0


def test_an_event_that_comes_twice_is_told_once(running: Component, mei: str) -> None:
    case, event_id = opened(running, mei), new_id()
    routed = cases.CaseRouted(case_id=case, body_id="lasan")
    running.hears("cases", routed, event_id=event_id)
    running.hears("cases", routed, event_id=event_id)
    running.hears("cases", cases.CaseReopened(case_id=case, body_id="lasan"))

    kinds = [notice.kind for notice in told(running, mei, 3).notices]

    assert kinds == [
        types.NOTICE_KIND_REOPENED,
        types.NOTICE_KIND_ROUTED,
        types.NOTICE_KIND_RECEIVED,
    ]


def test_a_notice_is_marked_as_read_by_whom_it_is_for(running: Component, operator: Any, mei: str) -> None:
    other = str(register(operator, number()).resident_id)
    opened(running, mei)
    [notice] = told(running, mei, 1).notices
    mark = pb.MarkNoticeReadRequest(request_id=request_id(), notice_id=notice.notice_id)

    with refused("NOTICE_UNKNOWN"):
        resident(running, other).mark_notice_read(mark)
    first = resident(running, mei).mark_notice_read(mark)
    again = resident(running, mei).mark_notice_read(
        pb.MarkNoticeReadRequest(request_id=request_id(), notice_id=notice.notice_id)
    )

    assert again.read_time == first.read_time
    page = told(running, mei, 1, at_least=first.revision)
    assert page.unread_count == 0
    assert page.notices[0].read_time == first.read_time
    assert told(running, mei, 0, filter="read = false").unread_count == 0
    assert told(running, mei, 1, filter="kind = RECEIVED").notices[0].notice_id == notice.notice_id


def test_without_a_choice_there_is_the_web_inbox_in_chinese(running: Component, mei: str) -> None:
    shown = resident(running, mei).get_notice_preferences(pb.GetNoticePreferencesRequest()).preferences

    assert list(shown.channels) == []
    assert shown.language == types.NOTICE_LANGUAGE_ZH
    assert shown.time_zone == "Asia/Shanghai"
    assert not shown.HasField("set_time")


def test_a_person_chooses_language_zone_and_quiet_hours(running: Component, mei: str) -> None:
    quiet = pb.QuietHours(from_minute=1320, until_minute=420)
    wanted = preferences(
        language=types.NOTICE_LANGUAGE_EN, time_zone="America/Los_Angeles", quiet_hours=quiet
    )

    resident(running, mei).set_notice_preferences(wanted)

    shown = resident(running, mei).get_notice_preferences(pb.GetNoticePreferencesRequest()).preferences
    assert (shown.language, shown.time_zone) == (types.NOTICE_LANGUAGE_EN, "America/Los_Angeles")
    assert shown.quiet_hours == quiet
    assert shown.set_by_themself
    opened(running, mei)
    assert told(running, mei, 1).time_zone == "America/Los_Angeles"


def test_staff_who_register_people_set_it_on_their_word_and_that_is_seen(
    running: Component, mei: str
) -> None:
    clerk = as_role(running, "GRID_WORKER", HERE, "clerk")

    clerk.set_notice_preferences(preferences(resident_id=mei, language=types.NOTICE_LANGUAGE_EN))

    shown = resident(running, mei).get_notice_preferences(pb.GetNoticePreferencesRequest()).preferences
    assert shown.language == types.NOTICE_LANGUAGE_EN
    assert not shown.set_by_themself


def test_nobody_else_chooses_for_a_person(running: Component, operator: Any, mei: str) -> None:
    other = str(register(operator, number()).resident_id)

    with refused("OUT_OF_REACH"):
        resident(running, other).set_notice_preferences(preferences(resident_id=mei))
    with refused("OUT_OF_REACH"):
        as_role(running, "GRID_WORKER", "la/south", "clerk").set_notice_preferences(
            preferences(resident_id=mei)
        )
    with refused("PARTY_UNKNOWN"):
        operator.set_notice_preferences(preferences(resident_id="nobody"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"time_zone": "localtime"}, "TIME_ZONE_UNKNOWN"),
        ({"time_zone": "../../etc/passwd"}, "TIME_ZONE_UNKNOWN"),
        ({"quiet_hours": pb.QuietHours(from_minute=60, until_minute=60)}, "QUIET_HOURS_UNFIT"),
        ({"quiet_hours": pb.QuietHours(from_minute=1440)}, "INVALID_REQUEST"),
        ({"kinds": [99]}, "INVALID_REQUEST"),
        ({"channels": [0]}, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    running: Component, mei: str, fields: dict[str, Any], reason: str
) -> None:
    with refused(reason):
        resident(running, mei).set_notice_preferences(preferences(**fields))


def test_a_promise_that_was_not_kept_is_told_with_its_name(running: Component, mei: str) -> None:
    case = opened(running, mei)
    breached = cases.DeadlineBreached(case_id=case, clock=case_types.CLOCK_KIND_FIRST_RESPONSE)
    at = datetime.now(UTC) - timedelta(hours=1)

    running.hears("cases", breached, at=at)

    overdue = told(running, mei, 2).notices[0]
    assert moment(overdue.happened_time) == at
    assert "首次回复" in overdue.text.zh
    assert overdue.text.en.endswith("The time limit: First response.")


def test_a_promise_that_was_wrongly_said_to_be_broken_is_corrected(running: Component, mei: str) -> None:
    case = opened(running, mei)
    fields: dict[str, Any] = {"case_id": case, "clock": case_types.CLOCK_KIND_FIRST_RESPONSE}
    running.hears("cases", cases.DeadlineBreached(**fields))

    running.hears("cases", cases.MomentAnnulled(**fields, moment=case_types.MOMENT_KIND_BREACH))

    corrected = told(running, mei, 3).notices[0]
    assert corrected.kind == types.NOTICE_KIND_CORRECTED
    assert corrected.text.en.endswith("had passed was a mistake. The time limit: First response.")
    assert "更正" in corrected.title.zh


def test_a_merged_case_is_told_with_the_number_of_the_one_that_goes_on(running: Component, mei: str) -> None:
    case = opened(running, mei)

    running.hears("cases", cases.CaseMerged(case_id=case, into_case_id="c2", into_public_id="LL-2"))
    running.hears("cases", cases.CaseUnmerged(case_id=case, from_case_id="c2", from_public_id="LL-2"))

    unmerged, merged, _ = told(running, mei, 3).notices
    assert (merged.kind, unmerged.kind) == (types.NOTICE_KIND_MERGED, types.NOTICE_KIND_UNMERGED)
    assert merged.text.en.endswith("The number of the report that goes on: LL-2.")
    assert "LL-2" in merged.text.zh


def test_whoever_reported_a_merged_case_is_told_what_happens_to_the_other_one_until_it_is_given_back(
    running: Component, operator: Any, mei: str
) -> None:
    hua = str(register(operator, number()).resident_id)
    theirs, ours = opened(running, mei), opened(running, hua)
    both: dict[str, Any] = {"case_id": ours, "duplicate_case_id": theirs}
    report = cases.AddedReport(case_id=theirs, public_id="LL-OF-MEI", reporter_id=mei)

    running.hears("cases", cases.CaseMerged(case_id=theirs, into_case_id=ours, into_public_id="LL-OF-HUA"))
    running.hears("cases", cases.DuplicateAdded(**both, reports=[report]))
    running.hears("cases", cases.CaseResolved(case_id=ours, body_id="lasan"))
    asked = told(running, mei, 3).notices[0]

    assert asked.kind == types.NOTICE_KIND_ASKED_TO_CONFIRM
    assert (asked.case_id, asked.public_id) == (theirs, "LL-OF-MEI")
    asked_too, joined, _ = told(running, hua, 3).notices
    assert (asked_too.kind, joined.kind) == (types.NOTICE_KIND_ASKED_TO_CONFIRM, types.NOTICE_KIND_JOINED)
    assert "can no longer be withdrawn" in joined.text.en
    assert [word for word in (mei, "LL-OF-MEI", theirs) if word in str(joined)] == []
    read = pb.MarkNoticeReadRequest(request_id=request_id(), notice_id=asked.notice_id)
    with refused("NOTICE_UNKNOWN"):
        resident(running, hua).mark_notice_read(read)
    resident(running, mei).mark_notice_read(read)

    running.hears("cases", cases.DuplicateRemoved(**both))
    running.hears("cases", cases.CaseReopened(case_id=ours, body_id="lasan"))
    assert [each.kind for each in told(running, hua, 5).notices[:2]] == [
        types.NOTICE_KIND_REOPENED,
        types.NOTICE_KIND_PARTED,
    ]
    assert len(told(running, mei, 3).notices) == 3


def test_whose_pause_was_refused_is_told_together_with_the_area_that_decided(
    running: Component, mei: str
) -> None:
    case = opened(running, mei)

    running.hears("cases", cases.PauseRefused(case_id=case, body_id="lasan", deciding_area_id="north"))

    [refusal, _] = told(running, mei, 2).notices
    assert refusal.kind == types.NOTICE_KIND_PAUSE_REFUSED
    assert refusal.text.en.endswith("It was for those who dispatch or supervise in North to decide.")
    assert refusal.text.zh.endswith("由North的调度或监督人员决定。")


def test_what_is_recorded_late_is_told_and_only_imported_history_is_not(
    running: Component, operator: Any, mei: str
) -> None:
    other, now = str(register(operator, number()).resident_id), datetime.now(UTC)
    case, imported = opened(running, mei), opened(running, other, at=now - timedelta(days=90))

    for each in (case, imported):
        breached = cases.DeadlineBreached(case_id=each, clock=case_types.CLOCK_KIND_FIRST_RESPONSE)
        running.hears("cases", breached, at=now - timedelta(days=2))
    running.hears("cases", cases.CaseRouted(case_id=imported, body_id="lasan"))

    assert told(running, mei, 2).notices[0].kind == types.NOTICE_KIND_OVERDUE
    assert [notice.kind for notice in told(running, other, 1).notices] == [types.NOTICE_KIND_ROUTED]


def test_the_web_inbox_is_not_listed_among_the_channels(running: Component, mei: str) -> None:
    resident(running, mei).set_notice_preferences(preferences(channels=[types.NOTICE_CHANNEL_WEB_INBOX]))

    shown = resident(running, mei).get_notice_preferences(pb.GetNoticePreferencesRequest()).preferences

    assert list(shown.channels) == []


def test_until_when_to_act_is_given_as_a_moment_too(running: Component, mei: str) -> None:
    case, until = opened(running, mei), datetime(2030, 1, 1, tzinfo=UTC)

    running.hears("cases", cases.CaseResolved(case_id=case, body_id="lasan", confirm_until_time=stamp(until)))

    asked = told(running, mei, 2).notices[0]
    assert moment(asked.until_time) == until
    assert "1 January 2030, 08:00 (UTC+08:00)" in asked.text.en


def erase(running: Component, subject: str) -> str:
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    erasing = pb.EraseSubjectRequest(request_id=request_id(), subject_id=subject, reason="asked for it")
    return str(officer.erase_subject(erasing).revision)


def kept_of(running: Component, subject: str, at_least: str) -> list[str]:
    """The notices that the view keeps for a person."""
    with running.opened.views.read("notices", at_least) as cursor:
        found = cursor.execute("SELECT notice_id FROM notices WHERE resident_id = %s", (subject,)).fetchall()
        listed = cursor.execute("SELECT notice_id FROM told WHERE resident_id = %s", (subject,)).fetchall()
    return [row["notice_id"] for row in (*found, *listed)]


def test_of_an_erased_person_no_notice_stays_and_none_comes(
    running: Component, operator: Any, mei: str
) -> None:
    other = str(register(operator, number()).resident_id)
    case = opened(running, mei)
    opened(running, other)
    [notice] = told(running, mei, 1).notices
    read = pb.MarkNoticeReadRequest(request_id=request_id(), notice_id=notice.notice_id)

    erased = erase(running, mei)

    assert kept_of(running, mei, erased) == []
    running.hears("cases", cases.CaseClosed(case_id=case, body_id="lasan", cause=case_types.CLOSING_SILENCE))
    opened(running, mei)
    latest = erase(running, str(register(operator, number()).resident_id))
    assert kept_of(running, mei, latest) == []
    assert told(running, other, 1).unread_count == 1
    with refused("NOTICE_UNKNOWN"):
        resident(running, mei).mark_notice_read(read)
