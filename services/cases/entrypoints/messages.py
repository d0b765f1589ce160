"""From states and rows to messages: how a case looks on the wire."""

from collections.abc import Callable, Iterator
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.ledger.personal import Personal
from libs.ledger.recorded import Recorded
from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.routing import Decision
from services.cases.application.app import CaseRecord
from services.cases.application.ports import Row
from services.cases.application.words import CHANNELS, deadline_of
from services.cases.domain import case, events
from services.cases.domain.case import body_of
from services.cases.domain.clocks import Clock
from services.cases.domain.values import Channel, Point

STATES: "dict[type, types.CaseState.ValueType]" = {
    case.Submitted: types.CASE_STATE_SUBMITTED,
    case.Routed: types.CASE_STATE_ROUTED,
    case.Accepted: types.CASE_STATE_ACCEPTED,
    case.InProgress: types.CASE_STATE_IN_PROGRESS,
    case.Waiting: types.CASE_STATE_WAITING,
    case.Resolved: types.CASE_STATE_RESOLVED,
    case.Closed: types.CASE_STATE_CLOSED,
    case.Rejected: types.CASE_STATE_REJECTED,
    case.Withdrawn: types.CASE_STATE_WITHDRAWN,
}

channel_of: "dict[types.Channel.ValueType, Channel]" = {
    number: channel for channel, number in CHANNELS.items()
}


def case_of_state(state: case.State) -> pb.Case:
    """A case as folded from its stream."""
    if isinstance(state, case.NotOpened):
        raise TypeError("a command that was answered left an opened case")
    file = state.file
    message = pb.Case(
        case_id=file.case_id,
        public_id=file.public_id,
        state=STATES[type(state)],
        affair_id=file.affair_id,
        area_id=_last(file.area_path),
        area_path=file.area_path,
        body_id=body_of(state) or "",
        channel=CHANNELS[file.channel],
        anonymous=file.anonymous,
        assisted=file.assisted,
        reporter_id=file.reporter_id or "",
        opened_time=stamp(file.opened_at),
        deadlines=map(_deadline_of_clock, file.clocks),
        returns=file.returns,
        reopenings=file.reopenings,
    )
    if isinstance(state, case.Closed | case.Rejected | case.Withdrawn):
        message.ended_time.CopyFrom(stamp(state.ended_at))
    if file.external:
        message.external_reference.system = file.external.system
        message.external_reference.number = file.external.number
    return message


def case_of_row(row: Row) -> pb.Case:
    """A case as the view of all cases has it."""
    message = pb.Case(
        case_id=row["case_id"],
        public_id=row["public_id"],
        state=_state(row),
        affair_id=row["affair_id"],
        area_id=row["area_id"],
        area_path=row["area_path"],
        body_id=row["body_id"] or "",
        channel=CHANNELS[Channel(row["channel"])],
        anonymous=row["anonymous"],
        assisted=row["assisted"],
        reporter_id=row["reporter_id"] or "",
        opened_time=stamp(row["opened_time"]),
        ended_time=stamp_or_none(row["ended_time"]),
        deadlines=_deadlines_of_row(row),
        returns=row["returns"],
        reopenings=row["reopenings"],
    )
    if row["external_system"]:
        message.external_reference.system = row["external_system"]
        message.external_reference.number = row["external_number"]
    return message


def public_case(row: Row) -> pb.PublicCase:
    """What everybody may know of a case."""
    return pb.PublicCase(
        public_id=row["public_id"],
        state=_state(row),
        affair_id=row["affair_id"],
        area_id=row["area_id"],
        area_path=row["area_path"],
        body_id=row["body_id"] or "",
        opened_time=stamp(row["opened_time"]),
        ended_time=stamp_or_none(row["ended_time"]),
        due_time=stamp_or_none(row["due_time"]),
        overdue=row["overdue"],
    )


def unowned_matter(row: Row) -> pb.UnownedMatter:
    """A matter that nobody answers for."""
    return pb.UnownedMatter(
        case_id=row["case_id"],
        affair_id=row["affair_id"],
        area_id=_last(row["area_path"]),
        area_path=row["area_path"],
        cause=row["unowned_cause"],
        deciding_area_id=_last(row["deciding_path"]),
        opened_time=stamp(row["opened_time"]),
        since_time=stamp(row["unowned_since"]),
    )


def full_case(record: CaseRecord, masked: bool) -> pb.GetCaseResponse:
    """A case with its texts, which are left empty if `masked`."""

    def told(personal: Personal | None) -> str:
        return "" if masked or personal is None else personal.value or ""

    message = pb.GetCaseResponse(
        case=case_of_state(record.state),
        personal_data_masked=masked,
        content_erased=any(_erased(recorded.event) for recorded in record.history),
        revision=record.revision,
    )
    for recorded in record.history:
        match recorded.event:
            case events.CaseOpened() as opened:
                message.report.CopyFrom(_report(opened, told, masked))
            case events.NoteAdded(note_id=note_id, text=text, to_reporter=to_reporter, at=at):
                message.notes.append(
                    pb.Note(
                        note_id=note_id,
                        text=told(text),
                        to_reporter=to_reporter,
                        author_id=recorded.metadata.actor,
                        added_time=stamp(at),
                    )
                )
            case events.CaseResolved(outcome=outcome):
                message.outcome = told(outcome)
            case _:
                pass
    return message


def _erased(event: events.Event) -> bool:
    """Whether something that the event told can be read no more."""
    match event:
        case events.CaseOpened(place=place, description=description, address=address, contact=contact):
            texts: tuple[Personal | None, ...] = (place, description, address, contact)
        case (
            events.NoteAdded(text=text)
            | events.CaseResolved(outcome=text)
            | events.CaseWithdrawn(reason=text)
            | events.CaseReopened(reason=text)
        ):
            texts = (text,)
        case _:
            texts = ()
    return any(text is not None and text.value is None for text in texts)


def history_entry(recorded: Recorded[events.Event], masked: bool) -> pb.HistoryEntry:
    """One thing that happened, as an auditor sees it; without a reporter's own words if `masked`."""
    about = recorded.metadata
    return pb.HistoryEntry(
        version=recorded.version,
        event=recorded.name,
        occurred_time=stamp(recorded.event.at),
        recorded_time=stamp(about.recorded_at),
        actor=about.actor,
        on_behalf_of=about.on_behalf_of or "",
        reason=_reason(recorded, masked),
        request_id=about.request_id or "",
        trace_id=(about.traceparent or "")[3:35],
        correlation_id=about.correlation_id or "",
    )


def routing(decision: Decision) -> pb.Routing:
    """A routing decision with its trace."""
    question = decision.question
    return pb.Routing(
        body_id=decision.body_id or "",
        item_id=decision.item_id or "",
        item_version=decision.item_version,
        affair_path=question.affair_path,
        area_path=question.area_path,
        at_time=stamp(question.at),
        trace=[
            pb.RoutingTraceLine(
                item_id=line.item_id,
                item_version=line.version,
                affair_id=line.affair_id,
                area_id=line.area_id,
                body_id=line.body_id,
                verdict=line.verdict.value,
            )
            for line in decision.trace
        ],
    )


def point(request: Any) -> Point | None:
    """The location of a request, if it has one."""
    if not request.HasField("location"):
        return None
    return Point(latitude=request.location.latitude, longitude=request.location.longitude)


def _reason(recorded: Recorded[events.Event], masked: bool) -> str:
    """Why: staff's reasons are for all who may read the history, a reporter's are personal data."""
    match recorded.event:
        case events.CaseWithdrawn(reason=said) | events.CaseReopened(by_reporter=True, reason=said):
            if masked:
                return ""
            told = said.value if said is not None else recorded.metadata.reason  # so it was once kept
            return told or ""
        case _:
            return recorded.metadata.reason or ""


def _report(opened: events.CaseOpened, told: Callable[[Personal | None], str], masked: bool) -> pb.Report:
    report = pb.Report(
        description=told(opened.description), address=told(opened.address), contact=told(opened.contact)
    )
    if (where := _where(opened)) and not masked:
        report.location.CopyFrom(types_pb2.Point(latitude=where.latitude, longitude=where.longitude))
    return report


def _where(opened: events.CaseOpened) -> Point | None:
    """The exact place, unless it was erased; older events hold it in clear beside what was erased."""
    if _erased(opened):
        return None
    if opened.place is not None and opened.place.value is not None:
        return Point.from_words(opened.place.value)
    return opened.point


def _deadline_of_clock(clock: Clock) -> types.Deadline:
    message = deadline_of(clock.deadline)
    message.breached = clock.breached
    if clock.met_at:
        message.met_time.CopyFrom(stamp(clock.met_at))
    return message


def _deadlines_of_row(row: Row) -> Iterator[types.Deadline]:
    for clock, prefix, breached in (
        (types.CLOCK_KIND_FIRST_RESPONSE, "response_", "response_breached"),
        (types.CLOCK_KIND_RESOLUTION, "", "overdue"),
    ):
        if row[f"{prefix}due_time"]:
            yield types.Deadline(
                clock=clock,
                warn_time=stamp(row[f"{prefix}warn_time"]),
                due_time=stamp(row[f"{prefix}due_time"]),
                met_time=stamp_or_none(row[f"{prefix}met_time"]),
                breached=row[breached],
                commitment_id=row["commitment_id"],
                commitment_version=row["commitment_version"],
            )


def _state(row: Row) -> "types.CaseState.ValueType":
    return types.CaseState.Value(f"CASE_STATE_{row['state'].upper()}")


def _last(path: str) -> str:
    return path.rpartition("/")[2]
