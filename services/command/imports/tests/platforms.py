"""A made-up platform for tests of loading: it opens cases, and refuses what it is told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.feed.v1 import feed_service_pb2 as feed
from linli.supervision.v1 import supervision_service_pb2 as supervision

from libs.rpc.failures import RpcFailed
from services.command.imports.platform import Services


def failed(code: grpc.StatusCode, reason: str = "", step: int = 0) -> RpcFailed:
    """A platform's "no"."""
    details = [error_details_pb2.ErrorInfo(reason=reason, metadata={"step": str(step)})] if reason else []
    return RpcFailed("/linli.cases.v1.CasesService/ImportCase", code, "it is so", details)


@dataclass(slots=True)
class Cases:
    """The cases service. `refuses` answers for the number of a request why it is not opened, if it is not."""

    refuses: Callable[[str], RpcFailed | None] = lambda _number: None
    opened: dict[str, pb.Case] = field(default_factory=dict)
    taken: list[pb.ImportCaseRequest] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    def register_external_system(
        self, request: pb.RegisterExternalSystemRequest
    ) -> pb.RegisterExternalSystemResponse:
        """Keep the id of the request."""
        self.registered.append(request.request_id)
        return pb.RegisterExternalSystemResponse(system=request.system)

    def import_case(self, request: pb.ImportCaseRequest) -> pb.ImportCaseResponse:
        """Take it in, or refuse its first step."""
        number = request.external_reference.number
        if no := self.refuses(number):
            raise no
        self.taken.append(request)
        opening = request.steps[0]
        if opening.HasField("open_case"):
            self.opened[number] = pb.Case(
                case_id=f"case-{number}", state=types.CASE_STATE_ROUTED,
                affair_id=opening.open_case.affair_id, opened_time=opening.occurred_time,
                external_reference=request.external_reference,
            )  # fmt: skip
        return pb.ImportCaseResponse(case=self.opened[number], revision=f"r{len(self.taken)}.0")

    def list_cases(self, _request: pb.ListCasesRequest) -> pb.ListCasesResponse:
        """All on one page."""
        return pb.ListCasesResponse(cases=self.opened.values())

    def finish_import(self, request: pb.FinishImportRequest) -> pb.FinishImportResponse:
        """Release all."""
        self.finished.append(request.system)
        return pb.FinishImportResponse(released=len(self.opened))


class _Scores:
    def get_scoreboard(self, _request: Any) -> supervision.GetScoreboardResponse:
        return supervision.GetScoreboardResponse()


class _Feed:
    def read_events(self, _request: Any) -> feed.ReadEventsResponse:
        return feed.ReadEventsResponse()


def platform(cases: Any) -> Services:
    """Its services, as far as loading calls them."""
    return Services(identity=None, catalog=None, cases=cases, supervision=_Scores(), feed=_Feed())
