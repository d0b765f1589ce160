"""The communities that come with Linli: applied by one command, and lived in, each by the same journeys."""

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.platform import City, until_known
from e2e.journeys.communities import Community, apply
from e2e.journeys.town import on, refusal


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
        opened = until_known(reporter.cases.open_case, matter.report())
        officer = community.person("CASE_OFFICER", f"officer-{number}", body=matter.body)

        explained = explain(reporter, opened.case)
        officer.cases.accept_case(cases.AcceptCaseRequest(**on(opened.case)))
        officer.cases.start_work(cases.StartWorkRequest(**on(opened.case)))
        officer.cases.answer_reporter(cases.AnswerReporterRequest(**on(opened.case), text="我们今天就来"))
        bare = cases.ResolveCaseRequest(**on(opened.case), outcome_code=matter.outcome)
        without = refusal(officer.cases.resolve_case, bare)
        proved = cases.ResolveCaseRequest(
            **on(opened.case), outcome_code=matter.outcome, evidence=[matter.proof()]
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
        watched = community.person("SUPERVISOR", "supervisor", area=community.root)
        [row] = until_known(watched.supervision.get_scoreboard, told).rows
        assert (row.group_id, row.cases, row.open) == (matter.body, 1, 0)


@pytest.mark.capability("004.1")
def test_nobody_of_another_body_or_place_may_take_it(community: Community) -> None:
    matter, *others = community.matters
    reporter = community.person("RESIDENT", "resident-of-another", area=matter.area)
    case = until_known(reporter.cases.open_case, matter.report()).case
    neighbour = community.person("CASE_OFFICER", "officer-elsewhere", body=others[0].body)
    stranger = community.person("RESIDENT", "resident-elsewhere", area=others[0].area)

    assert refusal(neighbour.cases.accept_case, cases.AcceptCaseRequest(**on(case))) == "OUT_OF_REACH"
    assert refusal(stranger.cases.get_my_case, cases.GetMyCaseRequest(case_id=case.case_id)) != ""


def explain(reporter: City, case: cases.Case) -> cases.ExplainDeadlineResponse:
    asked = cases.ExplainDeadlineRequest(case_id=case.case_id, clock=types.CLOCK_KIND_RESOLUTION)
    return reporter.cases.explain_deadline(asked)  # type: ignore[no-any-return]
