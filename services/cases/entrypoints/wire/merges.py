"""What others hear when two cases are about the same matter."""

from collections.abc import Iterator

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.moments import stamp, stamp_or_none
from services.cases.domain.case import events
from services.cases.domain.clocks import Clock
from services.cases.entrypoints.wire import words

_MERGED = (
    "本案与案件{}系同一事项，已并入该案办理。",
    "This case was merged into case {}, which is about the same matter.",
)
_UNMERGED = (
    "本案已与案件{}分开，恢复单独办理。",
    "This case was separated from case {} and goes on by itself.",
)
_ADDED = (
    "案件{}与本案系同一事项，已并入本案办理。",
    "Case {} was merged into this one: it is about the same matter.",
)
_REMOVED = (
    "案件{}已与本案分开，恢复单独办理。",
    "Case {} was separated from this one and goes on by itself.",
)

Merge = events.CaseMerged | events.CaseUnmerged | events.DuplicateAdded | events.DuplicateRemoved


def merge_told(case_id: str, event: Merge) -> Message:
    """That a case goes on in another one, or by itself again."""
    body, at = event.body_id or "", stamp(event.at)
    match event:
        case events.CaseMerged(into_case_id=into, into_public_id=number):
            return pb.CaseMerged(
                case_id=case_id, into_case_id=into, into_public_id=number, body_id=body, merged_time=at
            )
        case events.CaseUnmerged(from_case_id=had, from_public_id=number, state=state):
            return pb.CaseUnmerged(
                case_id=case_id,
                from_case_id=had,
                from_public_id=number,
                body_id=body,
                state=words.STATES.to_wire(state),
                unmerged_time=at,
            )
        case events.DuplicateAdded(case_id=other, clocks=clocks, since=since, reports=reports):
            return pb.DuplicateAdded(
                case_id=case_id,
                duplicate_case_id=other,
                body_id=body,
                deadlines=_promised(clocks),
                since_time=stamp(since),
                added_time=at,
                reports=(
                    pb.AddedReport(
                        case_id=report.case_id,
                        public_id=report.public_id,
                        reporter_id=report.reporter_id or "",
                    )
                    for report in reports
                ),
            )
        case events.DuplicateRemoved(case_id=other, clocks=clocks, since=since):
            return pb.DuplicateRemoved(
                case_id=case_id,
                duplicate_case_id=other,
                body_id=body,
                deadlines=_promised(clocks),
                since_time=stamp(since),
                removed_time=at,
            )


def merge_summary(event: object) -> LocalizedText | None:
    """What readers of a case are told of a merge: that, and with which case; None of anything else."""
    match event:
        case events.CaseMerged(into_public_id=number):
            zh, en = _MERGED
        case events.CaseUnmerged(from_public_id=number):
            zh, en = _UNMERGED
        case events.DuplicateAdded(public_id=number):
            zh, en = _ADDED
        case events.DuplicateRemoved(public_id=number):
            zh, en = _REMOVED
        case _:
            return None
    return LocalizedText(zh=zh.format(number), en=en.format(number))


def _promised(clocks: tuple[Clock, ...]) -> Iterator[types.Deadline]:
    """The promises of a case, and what has come of each."""
    for clock in clocks:
        message = words.deadline_shown(clock.deadline)
        message.breached = clock.breached
        if met := stamp_or_none(clock.met_at):
            message.met_time.CopyFrom(met)
        yield message
