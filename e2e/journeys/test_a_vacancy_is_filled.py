"""A post becomes vacant: who held it works no more, in any service, and somebody qualified takes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_staffing_pb2 as staffing
from linli.options.v1 import access_pb2
from linli.types.v1.types_pb2 import LocalizedText

from e2e.city.platform import City
from e2e.journeys.town import ELM, TOWN, WATER, Town, new_id, on, refusal, staff, stamp
from libs.rpc.credentials import Token

POST, WELDER, PASSWORD = "elm-waterman", "welder", "a long password"


@pytest.fixture(scope="module")
def post(town: Town) -> str:
    """The waterworks have a post for Elm, whose holder works on their cases there."""
    of = town.operator.identity
    of.define_qualification(
        staffing.DefineQualificationRequest(
            request_id=new_id(), qualification_id=WELDER, name=LocalizedText(zh="焊工")
        )
    )
    officer = staffing.PostRole(role=access_pb2.ROLE_CASE_OFFICER, area_id=ELM, body_id=WATER)
    of.establish_post(
        staffing.EstablishPostRequest(
            request_id=new_id(),
            post_id=POST,
            body_id=WATER,
            title=LocalizedText(zh="榆树社区水管工"),
            area_id=ELM,
            qualification_ids=[WELDER],
            roles=[officer],
        )
    )
    return POST


def somebody(town: Town, login: str) -> str:
    return staff(town.operator, login, PASSWORD, area=ELM)


def signed_in(town: Town, login: str) -> City:
    asked = identity.LoginRequest(login_name=login, password=PASSWORD)
    return town.anyone(Token(town.operator.identity.login(asked).token.access_token))


def certify(town: Town, party_id: str) -> None:
    town.operator.identity.issue_certificate(
        staffing.IssueCertificateRequest(
            request_id=new_id(),
            party_id=party_id,
            qualification_id=WELDER,
            issued_time=stamp(datetime.now(UTC) - timedelta(days=10)),
        )
    )


def appoint(town: Town, party_id: str, until: datetime) -> Any:
    asked = staffing.AppointHolderRequest(
        request_id=new_id(), post_id=POST, party_id=party_id, until_time=stamp(until)
    )
    return town.operator.identity.appoint_holder(asked)


def vacant(town: Town, at_least: str) -> list[str]:
    asked = staffing.ListPostsRequest(filter="vacant = true", at_least=at_least)
    return [each.post_id for each in town.operator.identity.list_posts(asked).posts]


@pytest.mark.capability("002.7", "000.4")
def test_a_vacancy_is_filled_and_the_rights_go_with_the_post(town: Town, post: str) -> None:
    of, until = town.operator.identity, datetime.now(UTC) + timedelta(days=300)
    first, second = somebody(town, "first.waterman"), somebody(town, "second.waterman")
    certify(town, first)
    appoint(town, first, until)
    worker = signed_in(town, "first.waterman")
    case = town.report(town.operator)
    worker.cases.accept_case(cases.AcceptCaseRequest(**on(case)))

    ended = of.end_appointment(
        staffing.EndAppointmentRequest(request_id=new_id(), post_id=post, party_id=first, reason="Moved")
    )

    start = cases.StartWorkRequest(**on(case))
    assert refusal(worker.cases.start_work, start) == "TOKEN_REVOKED", "on the next call, in another service"
    assert vacant(town, ended.revision) == [post]
    assert refusal(
        of.appoint_holder,
        staffing.AppointHolderRequest(request_id=new_id(), post_id=post, party_id=second),
    ) == ("QUALIFICATIONS_LACKING")
    [short] = of.list_shortages(staffing.ListShortagesRequest(area_id=TOWN)).shortages
    assert (short.qualification_id, short.posts, short.covered, short.free) == (WELDER, 1, 0, 1)

    certify(town, second)
    appointed = appoint(town, second, until)

    assert vacant(town, appointed.revision) == []
    signed_in(town, "second.waterman").cases.start_work(cases.StartWorkRequest(**on(case)))
    [short] = of.list_shortages(
        staffing.ListShortagesRequest(area_id=TOWN, at_least=appointed.revision)
    ).shortages
    assert (short.covered, short.free) == (1, 1)
    [next_one] = of.list_candidates(staffing.ListCandidatesRequest(post_id=post)).candidates
    assert next_one.party_id == first
