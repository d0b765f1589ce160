"""The communities that come with Linli: applied by one command, and lived in, each by the same journeys."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import Point

from e2e.city.platform import City, until_known
from e2e.journeys.communities import Community, Matter, apply, community_in
from e2e.journeys.town import new_id, on, refusal

XINAN = (
    Matter(
        affair="fire-hazard",
        latitude=30.2035,
        longitude=119.9038,
        area="hongfeng-1",
        body="emergency",
        outcome="ended",
        evidence="PHOTO",
        calendar="day-and-night",
    ),
    Matter(
        affair="neighbour-dispute",
        latitude=30.2325,
        longitude=119.9175,
        area="gongnong-3",
        body="gongnong-committee",
        outcome="mediated",
        evidence="DOCUMENT",
        calendar="office",
    ),
    Matter(
        affair="meal-aid",
        latitude=30.2155,
        longitude=119.9095,
        area="binhe-2",
        body="heyang-care",
        outcome="resolved",
        evidence="SIGNATURE",
        calendar="office",
    ),
)
LOS_ANGELES = (
    Matter(
        affair="graffiti-removal",
        latitude=34.05148298,
        longitude=-118.209785,
        area="la-nc-50",
        body="ocb",
        outcome="resolved",
        evidence="PHOTO",
        calendar="la-city",
    ),
    Matter(
        affair="single-streetlight-issue",
        latitude=33.98190267,
        longitude=-118.3124585,
        area="la-nc-81",
        body="bsl",
        outcome="resolved",
        evidence="PHOTO",
        calendar="la-city",
    ),
)


@pytest.fixture(
    scope="module",
    params=[("xinan", XINAN), ("los-angeles", LOS_ANGELES)],
    ids=lambda param: param[0],
)
def community(request: pytest.FixtureRequest, folder: Path) -> Iterator[Community]:
    name, matters = request.param
    with community_in(folder, name, matters) as made:
        yield made


@pytest.mark.capability("004.8")
def test_applying_the_file_again_changes_nothing(community: Community) -> None:
    said = apply(community.platform, community.file)

    assert "nothing to do" in said
    assert "create " not in said
    assert "change " not in said


@pytest.mark.capability("004.1", "004.5", "004.8")
def test_a_matter_goes_to_who_answers_for_it_there_and_comes_to_its_end(community: Community) -> None:
    for number, matter in enumerate(community.matters):
        reporter = community.person("RESIDENT", f"resident-{number}", area=matter.area)
        opened = until_known(reporter.cases.open_case, report(matter))
        officer = community.person("CASE_OFFICER", f"officer-{number}", body=matter.body)

        explained = explain(reporter, opened.case)
        officer.cases.accept_case(cases.AcceptCaseRequest(**on(opened.case)))
        officer.cases.start_work(cases.StartWorkRequest(**on(opened.case)))
        officer.cases.answer_reporter(cases.AnswerReporterRequest(**on(opened.case), text="我们今天就来"))
        bare = cases.ResolveCaseRequest(**on(opened.case), outcome_code=matter.outcome)
        without = refusal(officer.cases.resolve_case, bare)
        proved = cases.ResolveCaseRequest(
            **on(opened.case), outcome_code=matter.outcome, evidence=[evidence(matter)]
        )
        officer.cases.resolve_case(proved)
        ended = reporter.cases.confirm_resolution(cases.ConfirmResolutionRequest(**on(opened.case)))

        assert opened.case.area_path == community.path(matter.area)
        assert opened.case.body_id == matter.body
        assert explained.calendar_id == matter.calendar
        assert without == "EVIDENCE_MISSING"
        assert ended.case.state == types.CASE_STATE_CONFIRMED
        told = supervision.GetScoreboardRequest(
            group_by=supervision.GROUPING_BODY, body_id=matter.body, cases_at_least=ended.revision
        )
        watched = community.person("SUPERVISOR", "supervisor", area=root(community, matter))
        [row] = until_known(watched.supervision.get_scoreboard, told).rows
        assert (row.group_id, row.cases, row.open) == (matter.body, 1, 0)


@pytest.mark.capability("004.1")
def test_nobody_of_another_body_or_place_may_take_it(community: Community) -> None:
    matter, *others = community.matters
    reporter = community.person("RESIDENT", "resident-of-another", area=matter.area)
    case = until_known(reporter.cases.open_case, report(matter)).case
    neighbour = community.person("CASE_OFFICER", "officer-elsewhere", body=others[0].body)
    stranger = community.person("RESIDENT", "resident-elsewhere", area=others[0].area)

    assert refusal(neighbour.cases.accept_case, cases.AcceptCaseRequest(**on(case))) == "OUT_OF_REACH"
    assert refusal(stranger.cases.get_my_case, cases.GetMyCaseRequest(case_id=case.case_id)) != ""


def report(matter: Matter) -> cases.OpenCaseRequest:
    return cases.OpenCaseRequest(
        request_id=new_id(),
        affair_id=matter.affair,
        channel=types.CHANNEL_WEB,
        location=Point(latitude=matter.latitude, longitude=matter.longitude),
        description="请来看一下",
    )


def explain(reporter: City, case: cases.Case) -> cases.ExplainDeadlineResponse:
    asked = cases.ExplainDeadlineRequest(case_id=case.case_id, clock=types.CLOCK_KIND_RESOLUTION)
    return reporter.cases.explain_deadline(asked)  # type: ignore[no-any-return]


def evidence(matter: Matter) -> types.EvidenceReference:
    return types.EvidenceReference(
        kind=terms.EvidenceKind.Value(f"EVIDENCE_KIND_{matter.evidence}"),
        digest=hashlib.sha256(matter.affair.encode()).hexdigest(),
        media_type="image/jpeg",
        size=84_213,
    )


def root(community: Community, matter: Matter) -> str:
    return community.path(matter.area).partition("/")[0]
