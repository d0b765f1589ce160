"""A helper answers offers in a volunteer's name, by their consent, over the real wire."""

from collections.abc import Iterator
from typing import Any

import pytest
from linli.identity.v1 import identity_events_pb2 as identity
from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.rpc.failures import RpcFailed
from libs.testkit.acting import consented, deviations_by_consent
from libs.testkit.component import Component, component
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import every_rpc
from services.volunteers.tests.test_component import DESCRIPTOR, ask, enrol, raise_need, seen
from services.volunteers.wiring import SERVICE


@pytest.fixture
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        for area_id, path in (("la", "la"), ("north", "la/north"), ("south", "la/south")):
            service.hears("identity", identity.AreaDefined(area_id=area_id, area_path=path))
        yield service


def helping(running: Component, consent_id: str) -> Any:
    """The rpcs as the helper, who is no volunteer."""
    return running.client(running.mint.person("RESIDENT", subject="helper"), consent_id).service(DESCRIPTOR)


def refused(call: Any, request: Any) -> str:
    with pytest.raises(RpcFailed) as told:
        call(request)
    return str(told.value.reason)


@pytest.mark.capability("004.3")
def test_a_helper_reads_and_accepts_what_a_volunteer_was_asked_until_they_take_it_back(
    running: Component,
) -> None:
    coordinator = running.client(running.mint.person("COORDINATOR", subject="carol")).service(DESCRIPTOR)
    enrol(running, "ann")
    need = raise_need(coordinator, "n1")
    ask(running, coordinator, "p1")
    consent_id = consented(running, "ann", "helper")
    helper = helping(running, consent_id)
    asked = pb.GetVolunteerRequest(at_least=seen(running))

    offers = helper.get_volunteer(asked).volunteer.open_offers
    accepted = helper.accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id))
    running.hears("identity", identity.ConsentWithdrawn(consent_id=consent_id, resident_id="ann"))

    assert [each.need_id for each in offers] == [need.need_id]
    assert accepted.need.state == pb.NEED_STATE_FILLED
    assert refused(helper.get_volunteer, asked) == "CONSENT_NOT_VALID"
    events = running.opened.ledger.read(limit=1000)
    by_consent = [each for each in events if each.metadata.consent_id == consent_id]
    assert {(each.metadata.actor, each.metadata.on_behalf_of) for each in by_consent} == {("helper", "ann")}
    assert {each.name.split(".")[1] for each in by_consent} >= {"offer_accepted", "personal_data_disclosed"}
    readings = [each.event for each in by_consent if isinstance(each.event, PersonalDataDisclosed)]
    assert {each.subject_ids for each in readings} == {("ann",)}


def test_a_consent_for_an_area_answers_no_offer_elsewhere(running: Component) -> None:
    coordinator = running.client(running.mint.person("COORDINATOR", subject="carol")).service(DESCRIPTOR)
    enrol(running, "ann")
    need = raise_need(coordinator, "n1")
    ask(running, coordinator, "p1")
    helper = helping(running, consented(running, "ann", "helper", within_area_path="la/south"))

    assert refused(helper.get_volunteer, pb.GetVolunteerRequest()) == "OUT_OF_REACH"
    answer = pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id)
    assert refused(helper.accept_offer, answer) == "OUT_OF_REACH"


@pytest.mark.capability("004.3")
def test_every_rpc_is_open_to_the_consents_for_its_purpose_and_to_no_other(running: Component) -> None:
    assert deviations_by_consent(running, every_rpc(DESCRIPTOR)) == []
