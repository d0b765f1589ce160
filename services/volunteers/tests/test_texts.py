"""Skills are the same however they are spelt; a need has its bounds; a volunteer is a registered person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from linli.identity.v1 import identity_events_pb2
from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component, component
from libs.testkit.postgres import TestServer
from services.volunteers.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["VolunteersService"]
SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        service.hears("identity", identity_events_pb2.AreaDefined(area_id="la", area_path="la"))
        yield service


@pytest.fixture
def coordinator(running: Component) -> Any:
    return running.client(running.mint.person("COORDINATOR", subject="carol")).service(DESCRIPTOR)


def need(name: str, *skills: str, until: datetime = SOON + timedelta(hours=2)) -> pb.RaiseNeedRequest:
    return pb.RaiseNeedRequest(
        request_id=name, area_id="la", start_time=stamp(SOON), end_time=stamp(until), wanted=1, priority=5,
        skills=skills,
    )  # fmt: skip


@pytest.mark.parametrize(
    "spelt",
    [
        "first-aid",
        "First-Aid",
        "ｆｉｒｓｔ－ａｉｄ",
        "first-aid ",
        "First aid",
        "first\u200b-aid",
        "ﬁrst_aid",
    ],
    ids=ascii,
)
def test_a_volunteer_with_a_skill_spelt_differently_is_proposed(
    running: Component, coordinator: Any, spelt: str
) -> None:
    vera = running.client(running.mint.person("VOLUNTEER", subject="vera")).service(DESCRIPTOR)
    windows = [pb.WeeklyWindow(weekday=day, start_minute=0, end_minute=1440) for day in range(1, 8)]
    skilled = pb.Profile(
        skills=["FIRST-AID", "cafe\u0301"], windows=windows, zone="UTC", home_area_id="la",
        shifts_per_week=21, languages=["zh_CN"],
    )  # fmt: skip
    vera.enrol_volunteer(pb.EnrolVolunteerRequest(request_id="enrol", profile=skilled))

    raised = coordinator.raise_need(need(f"need {spelt!a}"[:64], spelt, "CAFÉ"))
    proposed = coordinator.propose_matches(
        pb.ProposeMatchesRequest(request_id=f"propose {spelt!a}"[:64], area_id="la", at_least=raised.revision)
    )

    assert sorted(raised.need.skills) == ["café", "first-aid"]
    wanted = [match for match in proposed.proposal.matches if match.need_id == raised.need.need_id]
    assert [match.volunteer_id for match in wanted] == ["vera"]
    shown = vera.get_volunteer(pb.GetVolunteerRequest()).volunteer.profile
    assert (sorted(shown.skills), list(shown.languages)) == (["café", "first-aid"], ["zh-cn"])


@pytest.mark.parametrize(
    "until", [SOON + timedelta(hours=25), SOON + timedelta(hours=24, seconds=1), SOON + timedelta(days=3652)]
)
def test_a_need_longer_than_a_day_is_refused(coordinator: Any, until: datetime) -> None:
    with pytest.raises(RpcFailed) as failed:
        coordinator.raise_need(need("too-long", until=until))

    assert failed.value.violations == {"end_time": "must be at most 24 hours after start_time"}


def test_a_need_of_a_whole_day_is_taken(coordinator: Any) -> None:
    assert coordinator.raise_need(need("a-day", until=SOON + timedelta(hours=24))).need.need_id


def test_a_need_at_the_end_of_all_calendars_is_refused(coordinator: Any) -> None:
    request = need("sentinel")
    request.start_time.CopyFrom(Timestamp(seconds=253402286400))
    request.end_time.CopyFrom(Timestamp(seconds=253402297200))

    with pytest.raises(RpcFailed) as failed:
        coordinator.raise_need(request)

    assert set(failed.value.violations) == {"start_time", "end_time"}


@pytest.mark.parametrize("somebody", ["13800138000", "zhang.wei", "roads", "erased"])
def test_a_coordinator_enrols_nobody_whom_identity_does_not_know(
    running: Component, coordinator: Any, somebody: str
) -> None:
    running.hears("identity", identity_events_pb2.ResidentRegistered(resident_id="erased"))
    running.hears("identity", identity_events_pb2.SubjectErased(subject_id="erased"))
    windows = [pb.WeeklyWindow(weekday=1, start_minute=0, end_minute=60)]
    about = pb.Profile(windows=windows, zone="UTC", home_area_id="la", shifts_per_week=1)

    with pytest.raises(RpcFailed) as failed:
        coordinator.enrol_volunteer(
            pb.EnrolVolunteerRequest(request_id=f"enrol {somebody}", volunteer_id=somebody, profile=about)
        )

    assert (failed.value.reason, list(failed.value.violations)) == ("RESIDENT_UNKNOWN", ["volunteer_id"])


def test_a_coordinator_enrols_a_resident(running: Component, coordinator: Any) -> None:
    running.hears("identity", identity_events_pb2.ResidentRegistered(resident_id="mei"))
    windows = [pb.WeeklyWindow(weekday=1, start_minute=0, end_minute=60)]
    about = pb.Profile(windows=windows, zone="UTC", home_area_id="la", shifts_per_week=1)

    enrolled = coordinator.enrol_volunteer(
        pb.EnrolVolunteerRequest(request_id="enrol mei", volunteer_id="mei", profile=about)
    )

    assert enrolled.volunteer.active


def test_a_client_is_no_volunteer(running: Component) -> None:
    windows = [pb.WeeklyWindow(weekday=1, start_minute=0, end_minute=60)]
    about = pb.Profile(windows=windows, zone="UTC", home_area_id="la", shifts_per_week=1)
    client = running.client(running.mint.client("volunteers.self")).service(DESCRIPTOR)

    with pytest.raises(RpcFailed) as failed:
        client.enrol_volunteer(pb.EnrolVolunteerRequest(request_id="enrol", profile=about))

    assert failed.value.reason == "RESIDENT_UNKNOWN"
