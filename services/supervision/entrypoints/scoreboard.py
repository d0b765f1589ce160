"""The rpcs of the scoreboard: what is counted, how, and which cases have been open longest."""

from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.query.reach import Reach
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp
from services.supervision.application.app import App
from services.supervision.application.scoreboard import Scoreboard
from services.supervision.domain.metrics import METRICS, Score
from services.supervision.entrypoints import wire


class ScoreboardApi:
    """Scoreboards."""

    def __init__(self, app: App) -> None:
        self._app = app

    def get_scoreboard(self, request: pb.GetScoreboardRequest, call: Call) -> pb.GetScoreboardResponse:
        """Count cases by group."""
        question = wire.question_of(request, call.now())
        board = self._app.scoreboards.count(
            question,
            request.area_id,
            request.affair_id,
            moment_of(request, "areas_time"),
            _reading(call),
            wire.fresh_of(request, call),
        )
        return pb.GetScoreboardResponse(
            rows=[_row(board, score) for score in board.scores],
            judged_time=stamp(question.judged_at),
            cases_position=board.cases_position,
            metrics=[metric.name for metric in METRICS],
            by_place=board.by_place,
        )

    def list_longest_open(self, request: pb.ListLongestOpenRequest, call: Call) -> pb.ListLongestOpenResponse:
        """List open cases within the caller's reach, the earliest opened first."""
        fresh = wire.fresh_of(request, call)
        rows, names, token = self._app.scoreboards.longest_open(request, call.reach, _reading(call), fresh)
        return pb.ListLongestOpenResponse(
            cases=[wire.open_case_shown(row, names) for row in rows], next_page_token=token
        )

    def list_metrics(self, request: pb.ListMetricsRequest, call: Call) -> pb.ListMetricsResponse:
        """Say how the numbers are counted."""
        return pb.ListMetricsResponse(metrics=[wire.metric_shown(metric) for metric in METRICS])


def _row(board: Scoreboard, score: Score) -> pb.ScoreboardRow:
    row = wire.score_shown(score, board.names.get(score.group_id))
    row.area_has_ended = score.group_id in board.ended
    return row


def _reading(call: Call) -> Reach:
    """How far the caller may read cases themselves, with the grid cells in which they lie."""
    return call.caller.reach("cases.read")
