"""A helper rates in a resident's name, by consent, over the real wire."""

from collections.abc import Iterator
from typing import Any

import pytest
from linli.identity.v1 import identity_events_pb2 as identity
from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.rpc.access import Grant
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit.acting import consented, deviations_by_consent
from libs.testkit.component import component
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import every_rpc
from services.supervision.tests.test_component import DESCRIPTOR, City
from services.supervision.wiring import SERVICE


@pytest.fixture
def city(postgres_server: TestServer) -> Iterator[City]:
    with component(postgres_server, SERVICE) as running:
        for area_id, path in (("la", "la"), ("south", "la/south")):
            running.hears("identity", identity.AreaDefined(area_id=area_id, area_path=path))
        yield City(running)


def helping(city: City, consent_id: str, token: Token | None = None) -> Any:
    who = token or city.running.mint.person("GRID_WORKER", subject="helper")
    return city.running.client(who, consent_id).service(DESCRIPTOR)


def refused(call: Any, request: Any) -> str:
    with pytest.raises(RpcFailed) as told:
        call(request)
    return str(told.value.reason)


@pytest.mark.capability("004.3")
def test_a_helper_rates_as_the_reporter_until_the_consent_is_taken_back(city: City) -> None:
    consent_id = consented(city.running, "ann", "helper")
    city.closes("c1", reporter_id="ann")
    revision = city.closes("c2", reporter_id="ann")
    helper = helping(city, consent_id)

    def rating(case_id: str) -> pb.RateCaseRequest:
        return pb.RateCaseRequest(request_id=case_id, case_id=case_id, stars=4, cases_at_least=revision)

    rated = helper.rate_case(rating("c1")).rating
    city.running.hears("identity", identity.ConsentWithdrawn(consent_id=consent_id, resident_id="ann"))

    assert (rated.rater_id, rated.by_reporter) == ("ann", True)
    assert refused(helper.rate_case, rating("c2")) == "CONSENT_NOT_VALID"
    [event] = [e for e in city.running.opened.ledger.read(limit=1000) if e.name.endswith("case_rated.v1")]
    assert (event.metadata.actor, event.metadata.on_behalf_of) == ("helper", "ann")


@pytest.mark.capability("004.3")
def test_nobody_rates_the_work_of_their_own_body_in_another_name(city: City) -> None:
    officer = city.running.mint.holding("helper", Grant("CASE_OFFICER", body="lasan"))
    revision = city.closes("c1", reporter_id="ann")
    helper = helping(city, consented(city.running, "ann", "helper"), officer)

    request = pb.RateCaseRequest(request_id="r1", case_id="c1", stars=5, cases_at_least=revision)
    assert refused(helper.rate_case, request) == "WORKS_FOR_THE_BODY"


def test_a_helper_rates_where_the_resident_lives_and_within_the_area_of_the_consent(city: City) -> None:
    revision = city.closes("c1", area_path="la/south")
    request = pb.RateCaseRequest(request_id="r1", case_id="c1", stars=4, cases_at_least=revision)
    of_north = consented(city.running, "bea", "helper", home_area_path="la/north")
    for_north = consented(city.running, "cal", "helper", within_area_path="la/north")
    for_south = consented(city.running, "dan", "helper", within_area_path="la/south")

    assert refused(helping(city, of_north).rate_case, request) == "OUT_OF_REACH"
    assert refused(helping(city, for_north).rate_case, request) == "OUT_OF_REACH"
    assert helping(city, for_south).rate_case(request).rating.rater_id == "dan"


def test_a_consent_for_an_area_rates_no_report_elsewhere(city: City) -> None:
    revision = city.closes("c1", area_path="la/south", reporter_id="ann")
    helper = helping(city, consented(city.running, "ann", "helper", within_area_path="la/north"))

    request = pb.RateCaseRequest(request_id="r1", case_id="c1", stars=4, cases_at_least=revision)
    assert refused(helper.rate_case, request) == "OUT_OF_REACH"


@pytest.mark.capability("004.3")
def test_every_rpc_is_open_to_the_consents_for_its_purpose_and_to_no_other(city: City) -> None:
    assert deviations_by_consent(city.running, every_rpc(DESCRIPTOR)) == []
