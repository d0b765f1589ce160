"""The pauses that a body requested beyond the limit, and what became of each, on the wire."""

from collections.abc import Iterable, Sequence
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.recorded import Metadata, Recorded
from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.areas import id_of
from services.cases.domain.case import events
from services.cases.domain.case.situations import PauseRequest
from services.cases.domain.values import PauseDecision
from services.cases.entrypoints.wire.words import PAUSE_DECISIONS

_BY_SOMEBODY = events.PauseApproved | events.PauseRefused


def pause_requests_shown(
    requests: Sequence[PauseRequest], history: Iterable[Recorded[Any]], *, named: bool
) -> list[pb.PauseRequest]:
    """All of them, the oldest first; why and who is from the history. `named`: with the persons who acted."""
    made: dict[str, Metadata] = {}
    decided: dict[str, Metadata] = {}
    for recorded in history:
        if isinstance(recorded.event, events.PauseRequested):
            made[recorded.event.pause_id] = recorded.metadata
        elif isinstance(recorded.event, _BY_SOMEBODY):
            decided[recorded.event.pause_id] = recorded.metadata
    return [_shown(each, made[each.pause_id], decided.get(each.pause_id), named=named) for each in requests]


def _shown(
    request: PauseRequest, made: Metadata, decided: Metadata | None, *, named: bool
) -> pb.PauseRequest:
    void = request.decision is PauseDecision.VOID
    return pb.PauseRequest(
        pause_id=request.pause_id,
        body_id=request.body_id,
        reason_code=request.reason_code,
        reason=made.why or "",
        until_time=stamp(request.until),
        requested_time=stamp(request.at),
        requested_by=made.actor if named else "",
        deciding_area_id=id_of(request.area_path),
        decide_until_time=stamp(request.decide_by),
        decision=PAUSE_DECISIONS.to_wire(request.decision),
        decided_time=None if void else stamp_or_none(request.decided_at),
        decision_reason=(decided.why or "") if decided else "",
        decided_by=decided.actor if decided and named else "",
    )
