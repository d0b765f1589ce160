"""A person was registered three times: merged, what they have under each id is theirs, until they part."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import access_pb2
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, until_known
from e2e.journeys.town import ELM, TOWN, Town, new_id, on, profile, refusal, report
from libs.rpc.credentials import Token
from libs.testkit.eventually import eventually

LOGIN: dict[str, Any] = {"password": "a long password"}
SURVIVOR, BY_PHONE, AT_COUNTER = "by-papers", "by-phone", "at-the-counter"


@dataclass(slots=True)
class Registration:
    """One of the three, with the case that was reported under it."""

    party_id: str
    login_name: str
    case: Any = None


def registered(town: Town, name: str) -> Registration:
    """Somebody with a login who has reported a burst pipe."""
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=f"merged-{name}")
    asked = identity.RegisterResidentRequest(request_id=new_id(), natural_key=key, name="梅兰", area_id=ELM)
    party_id = town.operator.identity.register_resident(asked).resident_id
    for role in (access_pb2.ROLE_RESIDENT, access_pb2.ROLE_VOLUNTEER):
        granting = identity.GrantRoleRequest(request_id=new_id(), party_id=party_id, role=role, area_id=TOWN)
        town.operator.identity.grant_role(granting)
    login = identity.CreateLoginRequest(request_id=new_id(), party_id=party_id, login_name=name, **LOGIN)
    town.operator.identity.create_login(login)
    made = Registration(party_id, name)
    made.case = until_known(log_in(town, made).cases.open_case, report()).case
    return made


def log_in(town: Town, who: Registration) -> City:
    asked = identity.LoginRequest(login_name=who.login_name, **LOGIN)
    return town.anyone(Token(town.operator.identity.login(asked).token.access_token))


def mine(city: City) -> set[str]:
    return {each.case_id for each in city.cases.list_my_cases(cases.ListMyCasesRequest()).cases}


def has_all(city: City, case_ids: set[str]) -> bool:
    """Whether they find all cases, and were told of all."""
    notices = city.identity.list_notices(identity.ListNoticesRequest()).notices
    return mine(city) == case_ids == {each.case_id for each in notices}


@pytest.mark.capability("000.1")
def test_what_was_told_under_three_ids_is_one_persons_until_they_part(town: Town) -> None:
    wu = town.person("GRID_WORKER", "wu", area=TOWN).identity
    li = town.person("GRID_WORKER", "li", area=TOWN).identity
    one, two, three = (registered(town, name) for name in (SURVIVOR, BY_PHONE, AT_COUNTER))
    all_cases = {each.case.case_id for each in (one, two, three)}
    enrolling = volunteers.EnrolVolunteerRequest(request_id=new_id(), profile=profile(ELM))
    log_in(town, two).volunteers.enrol_volunteer(enrolling)

    for each in (two, three):
        asked = identity.MergeResidentsRequest(
            request_id=new_id(), merged_id=each.party_id, survivor_id=one.party_id, reason="one face"
        )
        approve(li, wu.merge_residents(asked).merger_id)

    for each in (one, two, three):
        city = log_in(town, each)
        eventually(partial(has_all, city, all_cases))
        shown = city.volunteers.get_volunteer(volunteers.GetVolunteerRequest(volunteer_id=two.party_id))
        assert shown.volunteer.volunteer_id == two.party_id
    city = log_in(town, one)
    city.cases.get_my_case(cases.GetMyCaseRequest(case_id=two.case.case_id))
    city.cases.withdraw_case(cases.WithdrawCaseRequest(**on(three.case), reason="reported twice"))
    stranger = town.resident("somebody-else").cases
    assert refusal(stranger.get_my_case, cases.GetMyCaseRequest(case_id=two.case.case_id)) == "NOT_YOURS"

    asked_back = identity.UnmergeResidentsRequest(request_id=new_id(), merged_id=two.party_id, reason="twins")
    approve(li, wu.unmerge_residents(asked_back).merger_id)

    assert mine(log_in(town, two)) == {two.case.case_id}
    city = log_in(town, three)
    assert mine(city) == all_cases - {two.case.case_id}
    assert refusal(city.cases.get_my_case, cases.GetMyCaseRequest(case_id=two.case.case_id)) == "NOT_YOURS"


def approve(clerk: Any, merger_id: str) -> None:
    asked = identity.ApproveMergerRequest(request_id=new_id(), merger_id=merger_id, reason="looked at both")
    clerk.approve_merger(asked)
