"""Sensors over the real wire: one case for an incident, whatever arrives, from wherever, how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity

from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from services.cases.tests.neighbours import IN_MOLE_STREET
from services.cases.tests.test_channels import told
from services.cases.tests.wire import new_id, on, refused, report, service_of

sites = count(1)


@pytest.fixture(autouse=True, scope="module")
def _known_owner(running: Component) -> None:
    running.hears("identity", identity.ClientRegistered(client_id="water-works"))


@pytest.fixture
def works(running: Component) -> Any:
    """The client that owns the sensors."""
    return service_of(running, running.mint.client("cases.open", subject="water-works"))


@pytest.fixture
def site() -> dict[str, float]:
    """A place in Mole Street, far from those of other tests."""
    return {"latitude": 0.1 + next(sites) / 50, "longitude": 0.5}


def terms(**changes: Any) -> pb.SensorTerms:
    usual = {
        "unit": "mm",
        "threshold": 300.0,
        "side": pb.THRESHOLD_SIDE_ABOVE,
        "clear_seconds": 60,
        "incident_radius_metres": 200,
        "incident_window_seconds": 3600,
    }
    return pb.SensorTerms(**{**usual, **changes})


def sensor(sensor_id: str, site: dict[str, float], **changes: Any) -> pb.RegisterSensorRequest:
    usual: dict[str, Any] = {
        "request_id": new_id(),
        "sensor_id": sensor_id,
        "kind": "water level",
        "affair_id": "potholes",
        "location": site,
        "owner_id": "water-works",
        "terms": terms(),
        "description": "a hole as deep as a bucket",
    }
    return pb.RegisterSensorRequest(**{**usual, **changes})


def measured(sensor_id: str, *values: float, ago: float = 0, every: float = 1) -> pb.RecordReadingsRequest:
    """Values measured every so many seconds, the last one so many seconds ago."""
    last = datetime.now(UTC) - timedelta(seconds=ago)
    moments = [last - timedelta(seconds=every * n) for n in reversed(range(len(values)))]
    readings = [pb.Reading(time=stamp(at), value=value) for at, value in zip(moments, values, strict=True)]
    return pb.RecordReadingsRequest(request_id=new_id(), sensor_id=sensor_id, unit="mm", readings=readings)


def alarms_of(operator: Any, case_id: str, at_least: str) -> list[pb.IncidentAlarm]:
    found: list[pb.IncidentAlarm] = []
    asked = pb.ListIncidentAlarmsRequest(case_id=case_id, page_size=200, at_least=at_least)
    while True:
        page = operator.list_incident_alarms(asked)
        found += page.alarms
        if not page.next_page_token:
            return found
        asked.page_token = page.next_page_token


@pytest.mark.capability("000.8")
def test_what_a_sensor_reports_is_the_same_case_as_by_any_other_channel(
    works: Any, operator: Any, resident: Any
) -> None:
    operator.register_sensor(sensor("same-1", IN_MOLE_STREET, affair_id="graffiti"))
    by_web = resident.open_case(report("graffiti", anonymous=True))

    answer = works.record_readings(measured("same-1", 310))

    [alarm] = answer.alarms
    assert len(alarms_of(operator, alarm.case_id, answer.revision)) == 1
    case = operator.get_case(pb.GetCaseRequest(case_id=alarm.case_id)).case
    by_sensor = pb.OpenCaseResponse(case=case, receipt_code=alarm.receipt_code)
    mine, theirs = told(operator, by_sensor), told(operator, by_web)
    assert mine.pop("incident")["alarms"] == 1
    assert theirs["case"].pop("anonymous")  # a sensor hides no name
    assert mine == theirs
    assert (case.channel, alarm.public_id) == (types.CHANNEL_SENSOR, case.public_id)
    receipt = pb.FollowUpByReceiptRequest(public_id=alarm.public_id, receipt_code=alarm.receipt_code)
    assert works.follow_up_by_receipt(receipt).case.report.description == "a hole as deep as a bucket"


@pytest.mark.capability("002.9")
def test_a_thousand_alarms_of_one_leak_are_one_case_with_a_thousand_links(
    works: Any, operator: Any, site: dict[str, float]
) -> None:
    for number in range(10):
        place = {**site, "longitude": site["longitude"] + number / 10_000}
        operator.register_sensor(sensor(f"leak-{number}", place))

    for number in range(10):
        # a hundred times too high, and two minutes of calm after each
        answer = works.record_readings(measured(f"leak-{number}", *(310, 100, 100) * 100, every=60))
        assert len(answer.alarms) == 100
        assert len({alarm.case_id for alarm in answer.alarms}) == 1

    case_id = answer.alarms[0].case_id
    links = alarms_of(operator, case_id, answer.revision)
    assert [link.number for link in links] == list(range(1, 1001))
    assert len({(link.sensor_id, link.raised_time.ToDatetime()) for link in links}) == 1000
    full = operator.get_case(pb.GetCaseRequest(case_id=case_id))
    assert (full.incident.alarms, full.incident.sensors, full.incident.lasting) == (1000, 10, 0)
    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case_id)).entries
    assert len(history) == 2


def test_two_processes_that_hear_many_sensors_of_one_leak_open_one_case(
    running: Component, operator: Any, site: dict[str, float]
) -> None:
    names = [f"race-{number}" for number in range(8)]
    for name in names:
        operator.register_sensor(sensor(name, site))
    owners = [service_of(running, running.mint.client("cases.open", subject="water-works")) for _ in names]

    with ThreadPoolExecutor(len(names)) as threads:
        answers = list(
            threads.map(lambda owner, name: owner.record_readings(measured(name, 310)), owners, names)
        )

    raised = [alarm for answer in answers for alarm in answer.alarms]
    assert len(raised) == len(names)
    assert len({alarm.case_id for alarm in raised}) == 1
    assert sum(alarm.opened for alarm in raised) == 1


def test_one_batch_that_comes_to_two_processes_at_once_counts_once(
    running: Component, operator: Any, works: Any, site: dict[str, float]
) -> None:
    """Sent again under other request ids, while an incident is there to be joined."""
    for name in ("twice-0", "twice-1"):
        operator.register_sensor(sensor(name, site))
    [first] = works.record_readings(measured("twice-0", 310)).alarms
    batch = measured("twice-1", 310)
    owners = [service_of(running, running.mint.client("cases.open", subject="water-works")) for _ in range(8)]

    def send(owner: Any) -> pb.RecordReadingsResponse:
        asked = pb.RecordReadingsRequest()
        asked.CopyFrom(batch)
        asked.request_id = new_id()
        return owner.record_readings(asked)  # type: ignore[no-any-return]  # a stub answers what it declares

    with ThreadPoolExecutor(len(owners)) as threads:
        answers = list(threads.map(send, owners))

    assert sum(answer.taken for answer in answers) == 1
    [second] = [alarm for answer in answers for alarm in answer.alarms]
    assert second.case_id == first.case_id
    newest = max((answer.revision for answer in answers if answer.taken), key=len)
    assert [link.number for link in alarms_of(operator, first.case_id, newest)] == [1, 2]


def test_a_repeated_batch_is_answered_as_at_first_and_counts_once(
    works: Any, operator: Any, site: dict[str, float]
) -> None:
    operator.register_sensor(sensor("again-1", site))
    batch = measured("again-1", 310, 320)

    first = works.record_readings(batch)

    assert works.record_readings(batch) == first
    batch.request_id = new_id()
    again = works.record_readings(batch)
    assert (again.taken, again.left_out, list(again.alarms)) == (0, 2, [])
    assert len(alarms_of(operator, first.alarms[0].case_id, first.revision)) == 1


def test_who_resolves_a_case_while_the_water_stays_gets_a_new_one_that_refers_to_it(
    works: Any, operator: Any, roads_officer: Any, site: dict[str, float]
) -> None:
    operator.register_sensor(sensor("wet-1", site))
    [first] = works.record_readings(measured("wet-1", 310, ago=30)).alarms
    case = operator.get_case(pb.GetCaseRequest(case_id=first.case_id)).case
    assert not works.record_readings(measured("wet-1", 310, 310, ago=20)).alarms
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))

    answer = works.record_readings(measured("wet-1", 310))

    [second] = answer.alarms
    assert second.opened
    assert [link.number for link in alarms_of(operator, second.case_id, answer.revision)] == [1]
    again = operator.get_case(pb.GetCaseRequest(case_id=second.case_id)).case
    assert again.follows_case_id == first.case_id != again.case_id
    assert operator.get_case(pb.GetCaseRequest(case_id=first.case_id)).incident.lasting == 0


def test_a_case_that_was_merged_and_resolved_there_takes_no_more_alarms_either(
    works: Any, operator: Any, roads_officer: Any, resident: Any, site: dict[str, float]
) -> None:
    operator.register_sensor(sensor("wet-2", site))
    [first] = works.record_readings(measured("wet-2", 310, ago=30)).alarms
    into = resident.open_case(report(location=site)).case
    fields = {"case_id": first.case_id, "into_case_id": into.case_id, "reason": "the same hole"}
    operator.merge_cases(pb.MergeCasesRequest(request_id=new_id(), **fields))
    assert not works.record_readings(measured("wet-2", 310, ago=20)).alarms
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(into), outcome_code="resolved"))

    [second] = works.record_readings(measured("wet-2", 310)).alarms

    assert second.opened
    again = operator.get_case(pb.GetCaseRequest(case_id=second.case_id)).case
    assert again.follows_case_id == first.case_id


def test_only_its_owner_speaks_for_a_sensor_and_only_within_its_area(
    running: Component, operator: Any, works: Any, site: dict[str, float]
) -> None:
    operator.register_sensor(sensor("owned-1", site))
    thief = service_of(running, running.mint.client("cases.open", subject="thief"))
    hill = [Grant("PARTNER", path="city/hill")]
    kept = service_of(running, running.mint.client("cases.open", subject="water-works", grants=hill))

    assert refused(thief.record_readings, measured("owned-1", 310)) == "SENSOR_NOT_YOURS"
    assert refused(works.record_readings, measured("unknown-1", 310)) == "SENSOR_NOT_FOUND"
    assert refused(kept.record_readings, measured("owned-1", 310)) == "OUT_OF_REACH"
    assert refused(works.open_case, report(channel=types.CHANNEL_SENSOR)) == "CHANNEL_NOT_YOURS"
    assert works.record_readings(measured("owned-1", 310)).alarms[0].opened


def test_bad_readings_are_named_and_nothing_of_their_request_is_taken(
    works: Any, operator: Any, site: dict[str, float]
) -> None:
    operator.register_sensor(sensor("bad-1", site))

    def violations(request: pb.RecordReadingsRequest) -> list[str]:
        with pytest.raises(RpcFailed) as failed:
            works.record_readings(request)
        return list(failed.value.violations)

    assert violations(measured("bad-1", 310, float("nan"))) == ["readings[1].value"]
    assert violations(measured("bad-1", 310, 310, ago=-90, every=100)) == ["readings[1].time"]
    assert violations(measured("bad-1", 310, 310, every=8 * 86400)) == ["readings[0].time"]
    inches = measured("bad-1", 310)
    inches.unit = "in"
    assert violations(inches) == ["unit"]
    assert operator.register_sensor(sensor("bad-2", site)).sensor.alarms == 0
    assert works.record_readings(measured("bad-1", 310)).taken == 1


def test_an_operator_registers_and_retires_the_sensors_of_their_area(
    person: Any, operator: Any, works: Any, site: dict[str, float]
) -> None:
    hill = person("OPERATOR", path="city/hill")
    asked = sensor("mine-1", site)
    retiring = pb.RetireSensorRequest(request_id=new_id(), sensor_id="mine-1", reason="stuck")

    assert refused(hill.register_sensor, asked) == "OUT_OF_REACH"
    first = operator.register_sensor(asked)
    assert operator.register_sensor(asked) == first
    assert refused(operator.register_sensor, sensor("mine-1", site)) == "SENSOR_TAKEN"
    assert refused(operator.register_sensor, sensor("mine-2", site, affair_id="nothing")) == "AFFAIR_UNKNOWN"
    [alarm] = works.record_readings(measured("mine-1", 310)).alarms
    assert refused(hill.retire_sensor, retiring) == "OUT_OF_REACH"
    retired = operator.retire_sensor(retiring)
    assert refused(works.record_readings, measured("mine-1", 310)) == "SENSOR_RETIRED"

    [listed] = operator.list_sensors(
        pb.ListSensorsRequest(filter='sensor_id = "mine-1"', at_least=retired.revision)
    ).sensors
    assert listed == retired.sensor
    assert (listed.kind, listed.alarms, listed.alarm_case_id) == ("water-level", 1, "")
    assert listed.retired_time.seconds
    [link] = alarms_of(operator, alarm.case_id, retired.revision)
    assert link.ended_time.seconds
    assert not hill.list_sensors(pb.ListSensorsRequest(filter='sensor_id = "mine-1"')).sensors


def test_a_sensor_belongs_to_a_client_that_is_in_use(
    running: Component, operator: Any, site: dict[str, float]
) -> None:
    """Its readings could come from nobody else."""
    mistyped = sensor("nobodys-1", site, owner_id="water-wroks")
    assert refused(operator.register_sensor, mistyped) == "OWNER_UNKNOWN"

    running.hears("identity", identity.ClientRegistered(client_id="gas-works"))
    registered = sensor("gas-1", site, owner_id="gas-works")
    first = operator.register_sensor(registered)
    running.hears("identity", identity.ClientRetired(client_id="gas-works"))

    assert operator.register_sensor(registered) == first
    assert refused(operator.register_sensor, sensor("gas-2", site, owner_id="gas-works")) == "OWNER_UNKNOWN"
