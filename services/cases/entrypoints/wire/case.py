"""A case on the wire: as folded from its stream, and as lists show it."""

from collections.abc import Collection, Iterator

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.areas import id_of
from services.cases.application.ports import CaseRow, EarlyCase
from services.cases.domain.case.situations import (
    STATE_OF,
    Case,
    Closed,
    Confirmed,
    Merged,
    NotOpened,
    Opened,
    Rejected,
    Resolved,
    Withdrawn,
    body_of,
)
from services.cases.domain.clocks import Clock
from services.cases.domain.values import CaseState, Channel
from services.cases.entrypoints.wire.words import (
    CHANNELS,
    CLOCKS,
    MOMENTS,
    RECIPIENTS,
    STATES,
    deadline_shown,
)


def case_shown(state: Case, *, told: bool = False) -> pb.Case:
    """A case as folded from its stream; `told`: with who is told of limits that are not kept."""
    if isinstance(state, NotOpened):
        raise TypeError("a command that was answered left an opened case")
    file = state.file
    message = pb.Case(
        case_id=file.case_id,
        public_id=file.public_id,
        state=STATES.to_wire(STATE_OF[type(state)]),
        affair_id=file.affair_id,
        area_id=id_of(file.area_path),
        area_path=file.area_path,
        body_id=body_of(state) or "",
        channel=CHANNELS.to_wire(file.channel),
        anonymous=file.anonymous,
        assisted=file.assisted,
        reporter_id=file.reporter_id or "",
        opened_time=stamp(file.opened_at),
        deadlines=[deadline_of_clock(clock, told=told) for clock in file.clocks],
        returns=file.returns,
        reopenings=file.reopenings,
        follows_case_id=file.follows or "",
    )
    _show_end(message, state)
    if file.external:
        message.external_reference.system = file.external.system
        message.external_reference.number = file.external.number
    return message


def case_shown_to(state: Case, reporter_ids: Collection[str]) -> pb.Case:
    """A case as one of its reporters sees it: who else reported it is left out."""
    case = case_shown(state)
    return case if case.reporter_id in reporter_ids else without_reporter(case)


def without_reporter(case: pb.Case) -> pb.Case:
    """The case without what its own report says of its reporter."""
    for field in ("reporter_id", "anonymous", "assisted", "channel", "external_reference"):
        case.ClearField(field)
    return case


def _show_end(message: pb.Case, state: Case) -> None:
    if isinstance(state, Resolved | Confirmed):
        message.confirm_until_time.CopyFrom(stamp(state.confirm_until))
    if isinstance(state, Resolved | Confirmed | Closed):
        message.outcome_code = state.outcome_code
    if isinstance(state, Merged):
        message.merged_into_case_id = state.into_case_id
        message.merged_into_public_id = state.into_public_id
    if isinstance(state, Closed | Rejected | Withdrawn | Merged):
        message.ended_time.CopyFrom(stamp(state.ended_at))
    if isinstance(state, Closed | Rejected) and state.reopen_until:
        message.reopen_until_time.CopyFrom(stamp(state.reopen_until))


def case_listed(row: CaseRow) -> pb.Case:
    """A case as the view of all cases has it."""
    message = pb.Case(
        case_id=row["case_id"],
        public_id=row["public_id"],
        state=_state(row),
        affair_id=row["affair_id"],
        area_id=row["area_id"],
        area_path=row["area_path"],
        body_id=row["body_id"] or "",
        channel=CHANNELS.to_wire(Channel(row["channel"])),
        anonymous=row["anonymous"],
        assisted=row["assisted"],
        reporter_id=row["reporter_id"] or "",
        opened_time=stamp(row["opened_time"]),
        ended_time=stamp_or_none(row["ended_time"]),
        deadlines=_deadlines_of_row(row),
        returns=row["returns"],
        reopenings=row["reopenings"],
        outcome_code=row["outcome_code"] or "",
        confirm_until_time=stamp_or_none(row["confirm_until"]),
        reopen_until_time=stamp_or_none(row["reopen_until"]),
        merged_into_case_id=row["merged_into_id"] or "",
        merged_into_public_id=row["merged_into"] or "",
    )
    if row["external_system"]:
        message.external_reference.system = row["external_system"]
        message.external_reference.number = row["external_number"] or ""
    return message


def public_case_shown(row: CaseRow, area_path: str) -> pb.PublicCase:
    """What everybody may know of a case; `area_path` as the public sees it."""
    return pb.PublicCase(
        public_id=row["public_id"],
        state=_state(row),
        affair_id=row["affair_id"],
        area_id=id_of(area_path),
        area_path=area_path,
        body_id=row["body_id"] or "",
        opened_time=stamp(row["opened_time"]),
        ended_time=stamp_or_none(row["ended_time"]),
        due_time=stamp_or_none(row["due_time"]),
        overdue=row["overdue"],
        merged_into_public_id=row["merged_into"] or "",
    )


def public_case_of(state: Opened, area_path: str) -> pb.PublicCase:
    """The same, of a case as folded from its stream."""
    shown = case_shown(state)
    resolution = next((each for each in shown.deadlines if each.clock == types.CLOCK_KIND_RESOLUTION), None)
    return pb.PublicCase(
        public_id=shown.public_id,
        state=shown.state,
        affair_id=shown.affair_id,
        area_id=id_of(area_path),
        area_path=area_path,
        body_id=shown.body_id,
        opened_time=shown.opened_time,
        ended_time=shown.ended_time if shown.HasField("ended_time") else None,
        due_time=resolution.due_time if resolution else None,
        overdue=resolution.breached if resolution else False,
        merged_into_public_id=shown.merged_into_public_id,
    )


def unowned_matter_shown(row: CaseRow) -> pb.UnownedMatter:
    """A matter that nobody answers for."""
    return pb.UnownedMatter(
        case_id=row["case_id"],
        affair_id=row["affair_id"],
        area_id=id_of(row["area_path"]),
        area_path=row["area_path"],
        cause=row["unowned_cause"] or "",
        deciding_area_id=id_of(row["deciding_path"]),
        opened_time=stamp(row["opened_time"]),
        since_time=stamp_or_none(row["unowned_since"]),
    )


def early_case_shown(early: EarlyCase) -> pb.EarlyCase:
    """A case with moments that passed too early."""
    return pb.EarlyCase(
        case_id=early.case_id,
        moments=[
            pb.EarlyMoment(
                clock=CLOCKS.to_wire(each.clock),
                moment=MOMENTS.to_wire(each.moment),
                due_time=stamp(each.due_at),
            )
            for each in early.moments
        ],
    )


def deadline_of_clock(clock: Clock, *, told: bool) -> types.Deadline:
    """A promise and what has come of it."""
    message = deadline_shown(clock.deadline)
    message.breached = clock.breached
    if clock.met_at:
        message.met_time.CopyFrom(stamp(clock.met_at))
    for level, step in enumerate(clock.deadline.steps if told else (), 1):
        shown = message.escalation.add(
            level=level,
            recipient=RECIPIENTS.to_wire(step.recipient),
            area_id=id_of(step.area_path),
            due_time=stamp(step.at),
            sooner_time=stamp(step.sooner_at),
        )
        for escalated in clock.escalated[level - 1 : level]:
            shown.told_time.CopyFrom(stamp(escalated.at))
            if escalated.acknowledged_at:
                shown.acknowledged_time.CopyFrom(stamp(escalated.acknowledged_at))
    return message


def _deadlines_of_row(row: CaseRow) -> Iterator[types.Deadline]:
    if (due := row["response_due_time"]) and (warn := row["response_warn_time"]):
        response = types.Deadline(
            clock=types.CLOCK_KIND_FIRST_RESPONSE,
            warn_time=stamp(warn),
            due_time=stamp(due),
            met_time=stamp_or_none(row["response_met_time"]),
            breached=row["response_breached"],
        )
        yield _of_commitment(response, row)
    if (due := row["due_time"]) and (warn := row["warn_time"]):
        resolution = types.Deadline(
            clock=types.CLOCK_KIND_RESOLUTION,
            warn_time=stamp(warn),
            due_time=stamp(due),
            met_time=stamp_or_none(row["met_time"]),
            breached=row["overdue"],
        )
        yield _of_commitment(resolution, row)


def _of_commitment(deadline: types.Deadline, row: CaseRow) -> types.Deadline:
    deadline.commitment_id = row["commitment_id"] or ""
    deadline.commitment_version = row["commitment_version"] or 0
    return deadline


def _state(row: CaseRow) -> "types.CaseState.ValueType":
    return STATES.to_wire(CaseState(row["state"]))
