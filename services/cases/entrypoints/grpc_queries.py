"""The queries of CasesService."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.paging import Page
from libs.rpc.call import Call
from services.cases.application.app import App
from services.cases.application.ports import CASE_ORDERS, LONGEST_UNOWNED_FIRST, NEWEST_FIRST
from services.cases.application.words import deadline_of
from services.cases.entrypoints import messages, permits


class Queries:
    """What reads cases."""

    def __init__(self, app: App) -> None:
        self._app = app

    def get_case(self, request: pb.GetCaseRequest, call: Call) -> pb.GetCaseResponse:
        """One case, for staff."""
        record = self._app.case(request.case_id)
        permits.covered(call, record.state)
        masked = not permits.sees_personal_data(call, record.state)
        return messages.full_case(record, masked)

    def get_public_case(self, request: pb.GetPublicCaseRequest, call: Call) -> pb.GetPublicCaseResponse:
        """The public face of a case."""
        row = self._app.public_case(request.public_id, Fresh.of(request, call))
        return pb.GetPublicCaseResponse(case=messages.public_case(row))

    def list_cases(self, request: pb.ListCasesRequest, call: Call) -> pb.ListCasesResponse:
        """A page of the cases that the caller may read."""
        page = Page.of(request, CASE_ORDERS[request.order_by])
        fresh = Fresh.of(request, call)
        rows, token = page.cut(self._app.list_cases(call.reach, request.filter, page, fresh))
        return pb.ListCasesResponse(cases=map(messages.case_of_row, rows), next_page_token=token)

    def list_my_cases(self, request: pb.ListMyCasesRequest, call: Call) -> pb.ListMyCasesResponse:
        """A page of the caller's own reports."""
        page = Page.of(request, NEWEST_FIRST)
        fresh = Fresh.of(request, call)
        rows, token = page.cut(self._app.list_cases_of(call.me, page, fresh))
        return pb.ListMyCasesResponse(cases=map(messages.case_of_row, rows), next_page_token=token)

    def get_case_history(self, request: pb.GetCaseHistoryRequest, call: Call) -> pb.GetCaseHistoryResponse:
        """Everything that happened to a case."""
        record = self._app.case(request.case_id)
        permits.covered(call, record.state)
        masked = not permits.sees_personal_data(call, record.state)
        return pb.GetCaseHistoryResponse(
            entries=[messages.history_entry(recorded, masked) for recorded in record.history]
        )

    def explain_routing(self, request: pb.ExplainRoutingRequest, call: Call) -> pb.ExplainRoutingResponse:
        """Why a case was sent where it was sent."""
        record = self._app.case(request.case_id)
        permits.covered(call, record.state)
        stored, again = self._app.explain_routing(record)
        return pb.ExplainRoutingResponse(
            stored=messages.routing(stored), again=messages.routing(again), same=stored.answers_as(again)
        )

    def preview_routing(self, request: pb.PreviewRoutingRequest, call: Call) -> pb.PreviewRoutingResponse:
        """Where a report would be sent now."""
        decision, deadlines = self._app.preview_routing(
            request.affair_id, messages.point(request), request.area_id, call.now()
        )
        return pb.PreviewRoutingResponse(
            routing=messages.routing(decision), deadlines=map(deadline_of, deadlines)
        )

    def list_unowned_matters(
        self, request: pb.ListUnownedMattersRequest, call: Call
    ) -> pb.ListUnownedMattersResponse:
        """A page of the matters that nobody answers for, in the areas that the caller dispatches."""
        page = Page.of(request, LONGEST_UNOWNED_FIRST)
        fresh = Fresh.of(request, call)
        rows, token = page.cut(self._app.unowned_matters(call.reach, page, fresh))
        return pb.ListUnownedMattersResponse(
            matters=map(messages.unowned_matter, rows), next_page_token=token
        )
