"""Why a deadline is when it is, on the wire."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from linli.cases.v1 import cases_service_pb2 as pb

from libs.rpc.moments import stamp, stamp_or_none
from libs.rpc.terms import limit_shown
from services.cases.domain.case.situations import CaseFile
from services.cases.domain.explaining import Explanation, Pause
from services.cases.entrypoints.wire.case import deadline_of_clock


def explanation_shown(explanation: Explanation, file: CaseFile) -> pb.ExplainDeadlineResponse:
    """What a deadline was counted by."""
    deadline = explanation.deadline
    [clock] = (each for each in file.clocks if each.deadline == deadline)
    return pb.ExplainDeadlineResponse(
        deadline=deadline_of_clock(clock, told=True),
        limit=limit_shown(deadline.limit),
        calendar_id=deadline.calendar_id,
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
