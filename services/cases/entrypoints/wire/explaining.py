"""Why a deadline is when it is, on the wire."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import stamp, stamp_or_none
from libs.rpc.terms import limit_shown
from services.cases.application.conversation import AnswerExplained
from services.cases.domain.case.situations import CaseFile
from services.cases.domain.explaining import Explanation, Pause
from services.cases.entrypoints.wire.case import deadline_of_clock


def clock_explained(
    explanation: Explanation, file: CaseFile, *, whole: bool = True
) -> pb.ExplainDeadlineResponse:
    """What the deadline of a clock was counted by; not `whole`: without the times of another's report."""
    [clock] = (each for each in file.clocks if each.deadline == explanation.deadline)
    shown = _shown(explanation, deadline_of_clock(clock, told=True))
    if not whole:
        shown.of_another_report = True
        shown.ClearField("spans")
        shown.ClearField("counted")
        shown.ClearField("pauses")
        shown.ClearField("approved_pauses")
    return shown


def answer_explained(answer: AnswerExplained) -> pb.ExplainDeadlineResponse:
    """What the limit for the answer to a message was counted by."""
    deadline = types.Deadline(
        due_time=stamp(answer.explanation.deadline.due_at),
        met_time=stamp_or_none(answer.answered_at),
        breached=answer.overdue,
    )
    return _shown(answer.explanation, deadline)


def _shown(explanation: Explanation, deadline: types.Deadline) -> pb.ExplainDeadlineResponse:
    return pb.ExplainDeadlineResponse(
        deadline=deadline,
        limit=limit_shown(explanation.deadline.limit),
        calendar_id=explanation.deadline.calendar_id,
        time_zone=explanation.zone,
        spans=[
            pb.CountedSpan(
                from_time=stamp(each.start), until_time=stamp(each.end), calendar_version=each.version
            )
            for each in explanation.spans
        ],
        counted=_duration(explanation.counted),
        pauses=[_pause(pause, moved) for pause, moved in explanation.pauses if not pause.approved],
        calendar_known_until_date=explanation.known_until.isoformat() if explanation.known_until else "",
        beyond_known_days=explanation.beyond,
        approved_pauses=[_pause(pause, moved) for pause, moved in explanation.pauses if pause.approved],
    )


def _pause(pause: Pause, moved: timedelta) -> pb.CountedPause:
    return pb.CountedPause(
        from_time=stamp(pause.start), until_time=stamp_or_none(pause.end), counted=_duration(moved)
    )


def _duration(time: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(time)
    return duration
