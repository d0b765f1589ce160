"""The gRPC face of supervision: requests become questions and commands, answers become messages."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.query.freshness import PATIENCE
from libs.query.paging import ListRequest, Page, ascending
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp
from services.supervision.application.app import App
from services.supervision.application.ports import OPEN_ORDER, FreshOfCases
from services.supervision.application.scoreboard import Grouping, Question, Selection
from services.supervision.domain.case_record import Noted
from services.supervision.domain.commands import RateCase
from services.supervision.domain.events import CaseRated
from services.supervision.domain.metrics import METRICS
from services.supervision.entrypoints import messages

_GROUPINGS = {
    pb.GROUPING_ALL: Grouping.ALL,
    pb.GROUPING_BODY: Grouping.BODY,
    pb.GROUPING_AFFAIR: Grouping.AFFAIR,
    pb.GROUPING_AREA: Grouping.AREA,
    pb.GROUPING_CHANNEL: Grouping.CHANNEL,
}

T = TypeVar("T")


class SupervisionApi:
    """linli.supervision.v1.SupervisionService."""

    def __init__(self, app: App) -> None:
        self._app = app

    # counting

    def get_scoreboard(self, request: pb.GetScoreboardRequest, call: Call) -> pb.GetScoreboardResponse:
        """Count cases by group."""
        judged_at = moment_of(request, "judged_time") or call.now()
        question = Question(
            group_by=_GROUPINGS[request.group_by],
            area_depth=request.area_depth,
            judged_at=judged_at,
            selection=Selection(
                body_id=request.body_id,
                opened_from=moment_of(request, "opened_from_time"),
                opened_until=moment_of(request, "opened_until_time"),
            ),
        )
        board = self._app.scoreboard(question, request.area_id, request.affair_id, _fresh(request, call))
        return pb.GetScoreboardResponse(
            rows=[messages.score(score, board.names.get(score.group_id)) for score in board.scores],
            judged_time=stamp(judged_at),
            cases_position=board.cases_position,
            metrics=[metric.name for metric in METRICS],
        )

    def list_longest_open(self, request: pb.ListLongestOpenRequest, call: Call) -> pb.ListLongestOpenResponse:
        """List open cases, the earliest opened first."""
        page = Page.of(request, OPEN_ORDER)
        rows, names, token = self._app.longest_open(request.filter, page, _fresh(request, call))
        return pb.ListLongestOpenResponse(
            cases=[messages.open_case(row, names) for row in rows], next_page_token=token
        )

    def list_metrics(self, request: pb.ListMetricsRequest, call: Call) -> pb.ListMetricsResponse:
        """Tell how the numbers are counted."""
        return pb.ListMetricsResponse(metrics=[messages.metric(metric) for metric in METRICS])

    # one case

    def rate_case(self, request: pb.RateCaseRequest, call: Call) -> pb.RateCaseResponse:
        """Take a rating by the reporter, or by a resident of the area."""
        command = RateCase(
            rater_id=call.caller.subject, stars=request.stars, comment=request.comment, at=call.at
        )

        def permit(noted: Noted) -> None:
            if noted.reporter_id != call.me:
                call.require(area_path=noted.area_path)

        handled = self._app.rate(request.case_id, command, call.context(), permit, _fresh(request, call))
        rated = next(event for event in handled.events if isinstance(event, CaseRated))
        return pb.RateCaseResponse(rating=messages.rating(rated), revision=handled.revision)

    def list_case_ratings(self, request: pb.ListCaseRatingsRequest, call: Call) -> pb.ListCaseRatingsResponse:
        """List the ratings of a case, with comments, for auditors."""
        ratings = self._app.ratings(request.case_id, _covered(call))
        numbered = list(enumerate(ratings, start=1))
        page, token = _paged(request, numbered, lambda entry: entry[0])
        return pb.ListCaseRatingsResponse(
            ratings=[messages.rating(rated) for _, rated in page], next_page_token=token
        )

    def get_case_trail(self, request: pb.GetCaseTrailRequest, call: Call) -> pb.GetCaseTrailResponse:
        """Show all that happened to a case, for auditors."""
        noted, entries = self._app.trail(request.case_id, _covered(call), _fresh(request, call))
        page, token = _paged(request, entries, lambda entry: entry.number)
        return pb.GetCaseTrailResponse(
            case_id=noted.case_id,
            public_id=noted.public_id,
            entries=[messages.trail_entry(entry) for entry in page],
            next_page_token=token,
        )

    def get_public_case_trail(
        self,
        request: pb.GetPublicCaseTrailRequest,
        call: Call,
    ) -> pb.GetPublicCaseTrailResponse:
        """Show what happened to a case, for everybody."""
        entries = self._app.public_trail(request.public_id)
        page, token = _paged(request, entries, lambda entry: entry.number)
        return pb.GetPublicCaseTrailResponse(
            public_id=request.public_id,
            entries=[messages.public_trail_entry(entry) for entry in page],
            next_page_token=token,
        )


class _Waiting(Protocol):
    """A request that may ask for a revision of the cases service."""

    cases_at_least: str


def _fresh(request: _Waiting, call: Call) -> FreshOfCases:
    return FreshOfCases(
        at_least=getattr(request, "at_least", ""),
        cases_at_least=request.cases_at_least,
        patience=call.patience(PATIENCE),
    )


def _covered(call: Call) -> Callable[[Noted], None]:
    """The caller's grants must cover the area of the case, or be held for its body."""

    def permit(noted: Noted) -> None:
        call.require(area_path=noted.area_path, body=noted.body_id)

    return permit


def _paged(request: ListRequest, entries: Sequence[T], number: Callable[[T], int]) -> tuple[Sequence[T], str]:
    """The page of a list that is at hand, and the token of the next."""
    page = Page.of(request, (ascending("number", int),))
    after = page.after[0] if page.after else 0
    rest = [entry for entry in entries if number(entry) > after]  # type: ignore[operator]  # the token was checked
    return page.cut(rest[: page.fetch], lambda entry: (number(entry),))
