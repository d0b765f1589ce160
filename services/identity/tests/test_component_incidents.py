"""The register of incidents with personal data, over the real wire and with the running clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.privacy.v1 import privacy_types_pb2 as privacy

from libs.ledger.recorded import Context
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.adapters.views import incidents
from services.identity.tests.test_component import ENVIRON, as_role, define, operator_of, refused
from services.identity.wiring import SERVICE

NAME, ADDRESS = privacy.PERSONAL_CLASS_NAME, privacy.PERSONAL_CLASS_ADDRESS
AUTHORITY, PERSONS = types.NOTIFICATION_DUTY_AUTHORITY, types.NOTIFICATION_DUTY_PERSONS
SECRET_WORDS = "Mei Lan's telephone lay in a taxi"
request_id = Ids("incidents")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    environ = {**ENVIRON, "LINLI_IDENTITY_INCIDENT_PERSONS_LIMIT": "96h"}
    with component(postgres_server, SERVICE, environ) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT)
        yield service


@pytest.fixture
def officer(running: Component) -> Any:
    return as_role(running, "DATA_PROTECTION_OFFICER", subject="officer")


def report(stub: Any, ago: timedelta = timedelta(0), area_id: str = "north") -> Any:
    return stub.report_incident(
        pb.ReportIncidentRequest(
            request_id=request_id(),
            kind=types.INCIDENT_KIND_LOST,
            description=SECRET_WORDS,
            noticed_time=stamp(datetime.now(UTC) - ago),
            classes=[ADDRESS, NAME, NAME],
            persons=40,
            area_id=area_id,
        )
    )


def assess(stub: Any, incident_id: str, risk: types.IncidentRisk.ValueType) -> Any:
    return stub.assess_incident(
        pb.AssessIncidentRequest(
            request_id=request_id(),
            incident_id=incident_id,
            risk=risk,
            classes=[NAME],
            persons=38,
            grounds="it was not locked",
        )
    )


def notify(stub: Any, incident_id: str, duty: types.NotificationDuty.ValueType) -> Any:
    return stub.record_incident_notification(
        pb.RecordIncidentNotificationRequest(
            request_id=request_id(), incident_id=incident_id, duty=duty, note="by letter"
        )
    )


def close(stub: Any, incident_id: str) -> Any:
    return stub.close_incident(
        pb.CloseIncidentRequest(request_id=request_id(), incident_id=incident_id, measures="phones lock")
    )


def listed(stub: Any, filtered: str = "", at_least: str = "") -> list[Any]:
    return list(stub.list_incidents(pb.ListIncidentsRequest(filter=filtered, at_least=at_least)).incidents)


@pytest.mark.capability("002.8")
def test_an_incident_goes_from_the_report_to_its_end(running: Component, officer: Any) -> None:
    incident = report(officer).incident
    noticed = moment(incident.noticed_time)
    assert incident.state == types.INCIDENT_STATE_REPORTED
    assert list(incident.classes) == [NAME, ADDRESS]
    assert moment(incident.due_time) == moment(incident.authority_due_time) == noticed + timedelta(hours=72)

    grave = assess(officer, incident.incident_id, types.INCIDENT_RISK_HIGH).incident
    assert moment(grave.persons_due_time) == noticed + timedelta(hours=96)
    with refused("NOTIFICATION_OPEN"):
        close(officer, incident.incident_id)
    notify(officer, incident.incident_id, AUTHORITY)
    told = notify(officer, incident.incident_id, PERSONS).incident
    assert told.state == types.INCIDENT_STATE_NOTIFIED
    assert not told.HasField("due_time")

    closed = close(officer, incident.incident_id)

    assert closed.incident.state == types.INCIDENT_STATE_CLOSED
    file = officer.get_incident(pb.GetIncidentRequest(incident_id=incident.incident_id))
    assert (file.description, file.measures) == (SECRET_WORDS, "phones lock")
    assert [(each.grounds, each.persons) for each in file.assessments] == [("it was not locked", 38)]
    assert [(each.duty, each.recorder_id) for each in file.notifications] == [
        (AUTHORITY, "officer"),
        (PERSONS, "officer"),
    ]
    [row] = [each for each in listed(officer, "state = CLOSED", closed.revision) if each == closed.incident]
    assert row.state_label.zh == "已结案"
    assert_rebuilt_equals_live(running.opened.ledger, [incidents.VIEW])


@pytest.mark.capability("002.8")
def test_the_clock_records_once_that_a_limit_has_passed(running: Component, officer: Any) -> None:
    over = report(officer, timedelta(hours=73)).incident.incident_id

    def overdue() -> list[Any]:
        return [each for each in listed(officer, "overdue = true") if each.incident_id == over]

    [found] = eventually(overdue, "the limit to pass")
    assert list(found.overdue) == [AUTHORITY]
    handled = notify(officer, over, AUTHORITY)
    assert list(handled.incident.overdue) == [AUTHORITY], "what was late stays late"
    events = [each.event for each in running.opened.streams["incident"].history(over)]
    assert [type(each).__name__ for each in events] == [
        "IncidentReported",
        "IncidentLimitPassed",
        "IncidentNotified",
    ]


@pytest.mark.capability("002.8")
def test_the_most_urgent_comes_first_and_what_is_settled_last(officer: Any) -> None:
    settled = report(officer, timedelta(hours=50), "south").incident.incident_id
    notify(officer, settled, AUTHORITY)
    assess(officer, settled, types.INCIDENT_RISK_LOW)
    later = report(officer, timedelta(hours=1), "south").incident.incident_id
    sooner = report(officer, timedelta(hours=30), "south")

    rows = listed(officer, 'area = "la/south"', sooner.revision)

    assert [each.incident_id for each in rows] == [sooner.incident.incident_id, later, settled]
    still = listed(officer, 'area = "la/south" AND open = true')
    assert [each.incident_id for each in still] == [sooner.incident.incident_id, later]


@pytest.mark.capability("002.8")
def test_the_clock_erases_the_texts_of_what_was_closed_long_ago(running: Component, officer: Any) -> None:
    incident_id = report(officer).incident.incident_id
    assess(officer, incident_id, types.INCIDENT_RISK_NONE)
    announced = close(officer, incident_id)
    [row] = [each for each in listed(officer, at_least=announced.revision) if each.incident_id == incident_id]
    assert moment(row.erase_time) == moment(row.closed_time) + timedelta(days=1096)

    with running.opened.views.read("incidents") as cursor:
        later = moment(row.erase_time)
        due = [each for each in incidents.VIEW.due(cursor, later, 1000) if each.id == incident_id]
    running.opened.streams.of(due[0].decider).handle(incident_id, due[0].command, Context(actor="clock"))

    file = officer.get_incident(pb.GetIncidentRequest(incident_id=incident_id))
    assert (file.description, file.measures, [each.grounds for each in file.assessments]) == ("", "", [""])
    assert file.incident.persons == 38
    with running.opened.ledger.connection() as connection:
        asked = "SELECT wrapped FROM subject_keys WHERE subject = %s"
        assert connection.execute(asked, [incident_id]).fetchone() == {"wrapped": None}


def test_an_officer_of_one_district_keeps_that_districts_incidents(running: Component, officer: Any) -> None:
    northern = as_role(running, "DATA_PROTECTION_OFFICER", "la/north", subject="northern")
    everywhere, southern = (report(officer, area_id=each).incident for each in ("", "south"))

    for incident in (everywhere, southern):
        with refused("OUT_OF_REACH"):
            northern.get_incident(pb.GetIncidentRequest(incident_id=incident.incident_id))
        with refused("OUT_OF_REACH"):
            assess(northern, incident.incident_id, types.INCIDENT_RISK_NONE)
    for area_id in ("", "south"):
        with refused("OUT_OF_REACH"):
            report(northern, area_id=area_id)
    mine = report(northern)
    shown = {each.area_id for each in listed(northern, at_least=mine.revision)}
    assert shown == {"north"}


def test_nobody_else_keeps_the_register(running: Component, officer: Any) -> None:
    incident_id = report(officer).incident.incident_id

    for role in ("OPERATOR", "SUPERVISOR", "CASE_OFFICER", "RESIDENT"):
        stub = as_role(running, role)
        with refused("SCOPE_MISSING"):
            stub.get_incident(pb.GetIncidentRequest(incident_id=incident_id))
        with refused("SCOPE_MISSING"):
            listed(stub)


def test_reading_an_incident_is_recorded(running: Component, officer: Any) -> None:
    incident_id = report(officer).incident.incident_id

    officer.get_incident(pb.GetIncidentRequest(incident_id=incident_id))

    read = [
        each.event
        for each in running.opened.ledger.read(limit=100_000)
        if type(each.event).__name__ == "PersonalDataDisclosed" and each.event.reference == incident_id
    ]
    assert [each.classes for each in read] == [("INCIDENT",)]
