"""What is asked of a case: the command, and who may. The same by an rpc and by a step of imported history."""

from collections.abc import Callable, Collection
from typing import Any

from libs.query.reach import Jurisdiction, Permit, Reach, permitting
from libs.rpc.call import Call
from services.cases.application import permits
from services.cases.domain.case import commands
from services.cases.domain.case.situations import Case
from services.cases.entrypoints.wire.words import evidence_of

Asked = tuple[commands.CaseCommand, permits.Check]

IMPORT_SCOPE = "cases.import"
"""Whoever holds it may date a command back (`occurred_time`)."""


def start_work(_said: Any, call: Call) -> Asked:
    """Work begins."""
    return commands.StartWork(at=call.at), for_body(call)


def pause_case(said: Any, call: Call) -> Asked:
    """Work waits."""
    return commands.PauseCase(reason_code=said.reason_code, at=call.at), for_body(call)


def resume_case(_said: Any, call: Call) -> Asked:
    """Work goes on."""
    return commands.ResumeCase(at=call.at), for_body(call)


def resolve_case(said: Any, call: Call) -> Asked:
    """The matter is dealt with. A step of imported history shows no evidence."""
    command = commands.ResolveCase(
        outcome_code=said.outcome_code,
        evidence=tuple(map(evidence_of, getattr(said, "evidence", ()))),
        outcome=said.outcome,
        at=call.at,
    )
    return command, for_body(call)


def close_case(_said: Any, call: Call) -> Asked:
    """A case whose resolution is confirmed ends."""
    return commands.CloseCase(at=call.at), within(call, permits.area_and_body)


def withdraw_case(said: Any, call: Call) -> Asked:
    """The reporter takes the case back."""
    return commands.WithdrawCase(reason=said.reason, at=call.at), for_reporter(call)


def reject_case(said: Any, call: Call) -> Asked:
    """A dispatcher ends what is not a matter for this community."""
    return commands.RejectCase(reason_code=said.reason_code, at=call.at), within(call, permits.deciding)


def dating(call: Call) -> Permit:
    """Whoever dates a thing back imports the history of the area in which it happened."""

    def permit(of: Jurisdiction) -> None:
        if call.occurred_at is not None:
            call.caller.reach(IMPORT_SCOPE).require(area_path=of.area_path)

    return permit


def for_body(call: Call) -> permits.Check:
    """The caller acts for the body that must answer."""
    by_right = permits.all_of(permits.for_body(lambda: call.reach), permits.for_affair(call.require_affair))
    return permits.both(by_right, dating(call))


def for_no_stand_in(call: Call, stood_in: Callable[[str, Collection[str]], bool]) -> permits.Check:
    """Neither the caller, nor who calls for them, did anything on the case by a delegation."""
    return permits.for_no_stand_in({*call.actor.ids, *call.caller.ids}, stood_in)


def within(call: Call, of: Callable[[Case], Jurisdiction]) -> permits.Check:
    """The caller's grants cover the jurisdiction."""
    return permits.both(permitting(call.permit, of), dating(call))


def for_reporter(call: Call) -> permits.Check:
    """The caller is the reporter; or imports history of the area, in which others acted."""
    importing = call.caller.reach(IMPORT_SCOPE) if call.occurred_at is not None else Reach()
    return permits.both(permits.for_reporter(call.require_self, lambda: call.my_ids, importing), dating(call))
