"""The pauses that a body requested beyond the limit, and what became of each, on the wire."""

from collections.abc import Iterable
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.recorded import Recorded
from libs.rpc.moments import stamp
from libs.rules.areas import id_of
from services.cases.domain.case import events
from services.cases.domain.values import PauseDecision
from services.cases.entrypoints.wire.words import PAUSE_DECISIONS

_DECIDED = {
    events.PauseApproved: PauseDecision.APPROVED,
    events.PauseRefused: PauseDecision.REFUSED,
    events.PauseRequestLapsed: PauseDecision.LAPSED,
}


def pause_requests_shown(
    history: Iterable[Recorded[Any]], pending: str | None, *, named: bool
) -> list[pb.PauseRequest]:
    """All of them, the oldest first; `pending`: the one that waits. `named`: with the persons who acted."""
    shown: dict[str, pb.PauseRequest] = {}
    for recorded in history:
        event, about = recorded.event, recorded.metadata
        actor = about.actor if named else ""
        if isinstance(event, events.PauseRequested):
            waits = event.pause_id == pending
            decision = PauseDecision.PENDING if waits else PauseDecision.VOID
            shown[event.pause_id] = _request(event, decision, reason=about.why or "", requested_by=actor)
        elif (made := _DECIDED.get(type(event))) is not None:
            request = shown[event.pause_id]
            request.decision = PAUSE_DECISIONS.to_wire(made)
            request.decided_time.CopyFrom(stamp(event.at))
            if made is not PauseDecision.LAPSED:
                request.decision_reason, request.decided_by = about.why or "", actor
    return list(shown.values())


def _request(
    event: events.PauseRequested, decision: PauseDecision, *, reason: str, requested_by: str
) -> pb.PauseRequest:
    return pb.PauseRequest(
        pause_id=event.pause_id,
        body_id=event.body_id,
        reason_code=event.reason_code,
        reason=reason,
        until_time=stamp(event.until),
        requested_time=stamp(event.at),
        requested_by=requested_by,
        deciding_area_id=id_of(event.area_path),
        decide_until_time=stamp(event.decide_by),
        decision=PAUSE_DECISIONS.to_wire(decision),
    )
