"""The waterworks are closed over a holiday: officers of the roads act in their place, and no longer."""

from datetime import UTC, datetime, timedelta

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_delegation_pb2 as delegations
from linli.identity.v1 import identity_types_pb2 as kinds

from e2e.city.platform import City, until_known
from e2e.journeys.ledgers import all_services, ledger_of
from e2e.journeys.town import EAST, PIPE, ROADS, WATER, Town, new_id, on, refusal, stamp
from libs.testkit.eventually import eventually

pytestmark = pytest.mark.capability("000.7")


def over_the_holiday(town: Town) -> str:
    """The waterworks delegate their work in the east to the roads; the id."""
    asked = delegations.DelegatePowerRequest(
        request_id=new_id(),
        from_body_id=WATER,
        to_body_id=ROADS,
        power=kinds.DELEGATED_POWER_WORK_ON_CASES,
        area_id=EAST,
        affair_ids=[PIPE],
        until_time=stamp(datetime.now(UTC) + timedelta(days=3)),
    )
    return str(town.operator.identity.delegate_power(asked).delegation.delegation_id)


def in_their_place(town: Town, delegation_id: str) -> City:
    """An officer of the roads, who names the delegation in each call."""
    token = town.mint.person("CASE_OFFICER", subject="rosa", body=ROADS)
    return town.anyone(token, delegation=delegation_id)


def test_over_a_holiday_another_body_works_on_a_case_until_that_is_ended(town: Town) -> None:
    case = town.report(town.operator)
    accepting = cases.AcceptCaseRequest(**on(case))
    own = town.person("CASE_OFFICER", "rosa", body=ROADS)
    assert refusal(own.cases.accept_case, accepting) == "OUT_OF_REACH"
    delegation_id = over_the_holiday(town)
    officer = in_their_place(town, delegation_id)

    until_known(officer.cases.accept_case, accepting)
    officer.cases.start_work(cases.StartWorkRequest(**on(case)))
    ending = delegations.EndDelegationRequest(request_id=new_id(), delegation_id=delegation_id)
    town.operator.identity.end_delegation(ending)

    looking = cases.GetCaseRequest(case_id=case.case_id)
    eventually(
        lambda: refusal(officer.cases.get_case, looking) == "DELEGATION_NOT_VALID", "cases has heard of it"
    )
    answering = cases.AnswerReporterRequest(**on(case), text="on our way")
    assert refusal(officer.cases.answer_reporter, answering) == "DELEGATION_NOT_VALID"
    town.person("CASE_OFFICER", "wu", body=WATER).cases.answer_reporter(answering)
    assert cited(town, case) == {"rosa": {delegation_id}, "wu": {None}}


def cited(town: Town, case: cases.Case) -> dict[str, set[str | None]]:
    """By which delegations each of the two officers did something on the case, as the ledger tells it."""
    [service] = [each for each in all_services() if each.name == "cases"]
    found: dict[str, set[str | None]] = {}
    with ledger_of(town.platform.data, service) as ledger:
        for each in ledger.read(limit=1_000_000):
            if each.subject_id == case.case_id and each.metadata.actor in {"rosa", "wu"}:
                found.setdefault(each.metadata.actor, set()).add(each.metadata.delegation_id)
    return found
