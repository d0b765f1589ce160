"""What a story comes to when the platform refuses a step of it."""

import grpc
from linli.cases.v1 import cases_service_pb2 as pb

from services.command.imports.stories import Story, rpc_of, story
from services.command.imports.telling import Told, tell
from services.command.imports.tests.platforms import failed, platform
from services.command.imports.tests.test_stories import BY, CLOSED, THERE


class Refusing:
    """A cases service that refuses steps of a kind."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self._reasons = reasons
        self.taken: list[list[str]] = []

    def import_case(self, request: pb.ImportCaseRequest) -> pb.ImportCaseResponse:
        rpcs = [rpc_of(step) for step in request.steps]
        for number, rpc in enumerate(rpcs):
            if reason := self._reasons.get(rpc):
                raise failed(grpc.StatusCode.FAILED_PRECONDITION, reason, number)
        self.taken.append(rpcs)
        return pb.ImportCaseResponse(revision="r7.0")


def told(of: Story, reasons: dict[str, str]) -> tuple[Told, list[list[str]]]:
    cases, told = Refusing(reasons), Told()
    tell(platform(cases), "quarry", of, told)
    return told, cases.taken


def test_what_came_before_a_refused_step_is_told_and_the_refusal_listed() -> None:
    so_far, taken = told(story(CLOSED, BY, None), {"ResolveCase": "OUTCOME_NOT_LISTED"})

    assert taken == [["OpenCase", "ReassignCase", "StartWork"]]
    assert (so_far.opened, so_far.failed, so_far.told) == (0, 1, 1)
    assert so_far.not_told == [(2, "Q-7", "ResolveCase: OUTCOME_NOT_LISTED: it is so")]


def test_a_refusal_is_listed_once_however_little_can_be_told() -> None:
    so_far, taken = told(
        story(CLOSED, BY, None), {"ResolveCase": "OUTCOME_NOT_LISTED", "OpenCase": "AREA_ENDS"}
    )

    assert taken == []
    assert so_far.not_told == [(2, "Q-7", "OpenCase: AREA_ENDS: it is so")]


def test_what_a_known_case_has_passed_already_is_passed_over_and_listed() -> None:
    so_far, taken = told(story(CLOSED, BY, THERE), {"StartWork": "OUT_OF_ORDER"})

    assert taken == [["ResolveCase", "CloseCase"]]
    assert (so_far.past, so_far.failed) == (1, 0)
    assert so_far.changed_past == [(2, "Q-7", "StartWork: OUT_OF_ORDER")]


def test_a_known_case_that_takes_nothing_any_more_is_listed() -> None:
    every = dict.fromkeys(("StartWork", "ResolveCase", "CloseCase"), "CASE_STATE_FORBIDS")

    so_far, taken = told(story(CLOSED, BY, THERE), every)

    assert (taken, so_far.past, so_far.told) == ([], 1, 1)
