"""A history told by the rpcs that its steps are named after: what `ImportCase` is held against."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.recorded import Recorded
from libs.rpc.methods import methods_of
from libs.rpc.naming import snake_case

[_SERVICE] = pb.DESCRIPTOR.services_by_name.values()
_METHODS = {snake_case(method.name): method for method in methods_of(_SERVICE)}
OF_ONE_REQUEST = frozenset({"event_id", "request_id", "request_digest", "causation_id", "traceparent"})
"""What differs in the metadata of the same event by one request and by several."""


@dataclass(frozen=True, slots=True)
class Single:
    """One rpc: its name as a method of a client, and its request, without the case's id."""

    rpc: str
    request: Any


def apart(history: pb.ImportCaseRequest) -> Iterator[Single]:
    """The rpcs that say the same as a history."""
    for number, step in enumerate(history.steps):
        kind = str(step.WhichOneof("kind"))
        request: Any = _METHODS[kind].request()
        _copy(getattr(step, kind), request)
        request.request_id = f"{history.request_id}-{number}"[-64:]
        request.occurred_time.CopyFrom(step.occurred_time)
        if kind == "open_case":
            request.external_reference.CopyFrom(history.external_reference)
        yield Single(kind, request)


def tell_apart(cases: Any, history: pb.ImportCaseRequest, case_id: str = "", body_id: str = "") -> Any:
    """Tell it step by step, looking at the body as a caller must; answers the last answer.

    `case_id`, `body_id`: where the case is already. Raises `RpcFailed` of the first step that is refused.
    """
    answer = None
    for single in apart(history):
        if single.rpc == "reassign_case" and single.request.body_id == body_id:
            continue
        if single.rpc != "open_case":
            single.request.case_id = case_id
        answer = getattr(cases, single.rpc)(single.request)
        case_id, body_id = answer.case.case_id, answer.case.body_id
    return answer


def told(recorded: Iterable[Recorded[Any]], case: pb.Case) -> list[str]:
    """What a ledger says of a case, without the ids that no two cases or requests share."""
    ids = (case.case_id, case.public_id, repr(case.external_reference.number))
    told = []
    for one in recorded:
        text = _freed(one)
        for number, of_case in enumerate(ids):
            text = text.replace(of_case, f"id-{number}")
        told.append(text)
    return told


def _freed(one: Recorded[Any]) -> str:
    metadata = one.metadata
    kept = {
        name: getattr(metadata, name) for name in metadata.__struct_fields__ if name not in OF_ONE_REQUEST
    }
    kept["correlated"] = kept.pop("correlation_id") is not None
    assert metadata.causation_id == metadata.request_id
    return f"{one.version} {one.name} {one.event!r} {kept!r}"


def _copy(said: Message, request: Message) -> None:
    for field, value in said.ListFields():
        if field.is_repeated:
            getattr(request, field.name).extend(value)
        elif field.message_type is not None:
            getattr(request, field.name).CopyFrom(value)
        else:
            setattr(request, field.name, value)
