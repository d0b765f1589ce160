"""Old Li lets a neighbour act for him, hears what for, and takes it back while a case is under way."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from linli.acting.v1 import acting_service_pb2 as acting
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, until_known
from e2e.journeys.test_access import SERVICES
from e2e.journeys.town import ELM, TOWN, Town, new_id, on, refusal, report, stamp
from libs.testkit.eventually import eventually
from libs.testkit.rpc import answer_to, every_rpc

EVERYTHING = {name.removeprefix("CONSENT_PURPOSE_"): n for name, n in kinds.ConsentPurpose.items() if n}
ACTING = acting.DESCRIPTOR.services_by_name["ActingService"]


def person(town: Town, name: str) -> str:
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=new_id())
    request = identity.RegisterResidentRequest(request_id=new_id(), natural_key=key, name=name, area_id=ELM)
    return str(town.operator.identity.register_resident(request).resident_id)


def proposed(town: Town, resident: str, helper: str, *purposes: Any) -> identity.ProposeConsentResponse:
    """What a grid worker reads to the resident on the phone."""
    asked = identity.ProposeConsentRequest(
        request_id=new_id(),
        resident_id=resident,
        helper_id=helper,
        purposes=purposes,
        until_time=stamp(datetime.now(UTC) + timedelta(days=30)),
    )
    worker = town.person("GRID_WORKER", "worker-gu", area=ELM)
    return worker.identity.propose_consent(asked)  # type: ignore[no-any-return] # the stub's answer is Any


def confirmed(town: Town, consent_id: str) -> None:
    """The resident says so to a second worker."""
    request = identity.ConfirmConsentRequest(
        request_id=new_id(),
        consent_id=consent_id,
        confirmation=kinds.CONSENT_CONFIRMATION_SECOND_PERSON,
    )
    town.person("GRID_WORKER", "worker-han", area=ELM).identity.confirm_consent(request)


def helping(town: Town, helper: str, consent_id: str) -> City:
    return town.anyone(town.mint.person("RESIDENT", subject=helper, area=TOWN, path=TOWN), consent_id)


def is_refused(ask: Any, request: Any) -> bool:
    return refusal(ask, request) == "CONSENT_NOT_VALID"


def is_known(ask: Any, request: Any) -> bool:
    return refusal(ask, request) != "CONSENT_UNKNOWN"


def done(somebody: City, resident_id: str = "") -> Any:
    """What was done in somebody's name in cases: as they list it, or as staff read it to them."""
    stub = somebody.client.service(ACTING)
    if resident_id:
        asked = acting.ListDoneInNameOfRequest(service="cases", resident_id=resident_id)
        return stub.list_done_in_name_of(asked).acts
    return stub.list_done_in_my_name(acting.ListDoneInMyNameRequest(service="cases")).acts


@pytest.mark.capability("004.3")
def test_a_report_by_phone_with_consent_that_is_taken_back_mid_way(town: Town) -> None:
    old_li, fang = person(town, "老李"), person(town, "方邻居")
    reading = proposed(town, old_li, fang, *EVERYTHING.values())
    consent_id = reading.consent.consent_id
    neighbour = helping(town, fang, consent_id)

    unconfirmed = refusal(neighbour.cases.open_case, report())
    confirmed(town, consent_id)
    opened = until_known(neighbour.cases.open_case, report())
    case = opened.case
    to_body = cases.SendMessageRequest(**on(case), to=types.CASE_PARTY_COMMUNITY, text="他腿脚不便")
    neighbour.cases.send_message(to_body)
    shown = neighbour.cases.get_my_case(cases.GetMyCaseRequest(case_id=case.case_id)).case
    himself = town.person("RESIDENT", old_li, area=TOWN)
    himself.identity.revoke_consent(identity.RevokeConsentRequest(request_id=new_id(), consent_id=consent_id))

    assert "您同意由方邻居以您的名义" in reading.sentences[0].zh
    assert unconfirmed == "CONSENT_UNKNOWN"
    assert (case.reporter_id, shown.report.description) == (old_li, "水从井盖下涌出")
    assert refusal(neighbour.identity.get_household, identity.GetHouseholdRequest()) == "CONSENT_NOT_VALID"
    for ask, request in (
        (neighbour.cases.get_my_case, cases.GetMyCaseRequest(case_id=case.case_id)),
        (neighbour.volunteers.get_volunteer, volunteers.GetVolunteerRequest()),
        (
            neighbour.supervision.rate_case,
            supervision.RateCaseRequest(request_id=new_id(), case_id="c", stars=1),
        ),
    ):
        eventually(partial(is_refused, ask, request))
    eventually(lambda: len(done(himself)) >= 3, "all is listed that was done and read")
    mine = {each.event: each for each in done(himself)}
    assert {"case_opened", "message_sent", "personal_data_disclosed"} <= mine.keys()
    assert {(each.actor_id, each.consent_id) for each in mine.values()} == {(fang, consent_id)}
    by_phone = done(town.person("GRID_WORKER", "worker-gu", area=ELM), resident_id=old_li)
    assert {"case_opened", "message_sent"} <= {each.event for each in by_phone}
    assert list(done(town.resident("somebody-else"))) == []


@pytest.mark.capability("004.3")
def test_every_rpc_of_every_service_is_open_to_the_consents_for_its_purpose_and_to_no_other(
    town: Town,
) -> None:
    """Requests are empty: whether somebody is let in is decided before a request is looked at."""
    old_li, fang = person(town, "老李"), person(town, "方邻居")
    methods, found = every_rpc(*SERVICES), []
    for word, purpose in EVERYTHING.items():
        consent_id = proposed(town, old_li, fang, purpose).consent.consent_id
        confirmed(town, consent_id)
        neighbour = helping(town, fang, consent_id)
        heard = (
            neighbour.cases.open_case,
            neighbour.volunteers.get_volunteer,
            neighbour.supervision.rate_case,
        )
        empty = (report(area_id="nowhere"), volunteers.GetVolunteerRequest(), supervision.RateCaseRequest())
        for ask, request in zip(heard, empty, strict=True):
            eventually(partial(is_known, ask, request))
        for method in methods:
            failed = answer_to(neighbour.client, method, b"")
            reason = failed.reason if failed is not None else ""
            told = reason if reason in {"NOT_ON_BEHALF", "CONSENT_NOT_VALID", "CONSENT_UNKNOWN"} else "let in"
            declared = "CONSENT_NOT_VALID" if method.on_behalf else "NOT_ON_BEHALF"
            if told != ("let in" if method.on_behalf == word else declared):
                found.append((word, method.path, told))

    assert found == []
