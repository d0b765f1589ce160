"""The rpcs of one case: its ratings, and its trail."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.query.paging import ListRequest, Page, ascending
from libs.rpc.call import Call
from services.supervision.application.app import App
from services.supervision.domain.case_record.commands import RateCase
from services.supervision.domain.case_record.events import CaseRated
from services.supervision.entrypoints import wire

T = TypeVar("T")


class CaseRecordApi:
    """Records of cases."""

    def __init__(self, app: App) -> None:
        self._app = app

    def rate_case(self, request: pb.RateCaseRequest, call: Call) -> pb.RateCaseResponse:
        """Take a rating by the reporter, or by a resident of the area."""
        command = RateCase(
            rater_id=call.caller.subject, stars=request.stars, comment=request.comment, at=call.at
        )
        handled = self._app.case_records.rate(
            request.case_id,
            command,
            call.context(),
            lambda: call.my_ids,
            lambda: call.reach,
            call.actor.reach("cases.work"),
            wire.fresh_of(request, call),
        )
        rated = next(event for event in handled.events if isinstance(event, CaseRated))
        return pb.RateCaseResponse(rating=wire.rating_shown(rated), revision=handled.revision)

    def list_case_ratings(self, request: pb.ListCaseRatingsRequest, call: Call) -> pb.ListCaseRatingsResponse:
        """List the ratings of a case, with comments, for auditors."""
        ratings = list(enumerate(self._app.case_records.ratings(request.case_id, call.permit), start=1))
        page, token = _paged(request, ratings, lambda rating: rating[0])
        call.showing(*(rated.rater_id for _, rated in page))
        return pb.ListCaseRatingsResponse(
            ratings=[wire.rating_shown(rated) for _, rated in page], next_page_token=token
        )

    def get_case_trail(self, request: pb.GetCaseTrailRequest, call: Call) -> pb.GetCaseTrailResponse:
        """Show all that happened to a case, for auditors."""
        case, entries = self._app.case_records.trail(
            request.case_id, call.permit, wire.fresh_of(request, call)
        )
        page, token = _paged(request, entries, lambda entry: entry.number)
        return pb.GetCaseTrailResponse(
            case_id=case.case_id,
            public_id=case.public_id,
            entries=[wire.trail_entry_shown(entry) for entry in page],
            next_page_token=token,
        )

    def get_public_case_trail(
        self, request: pb.GetPublicCaseTrailRequest, call: Call
    ) -> pb.GetPublicCaseTrailResponse:
        """Show what happened to a case, for everybody."""
        entries = self._app.case_records.public_trail(request.public_id)
        page, token = _paged(request, entries, lambda entry: entry.number)
        return pb.GetPublicCaseTrailResponse(
            public_id=request.public_id,
            entries=[wire.public_trail_entry_shown(entry) for entry in page],
            next_page_token=token,
        )


def _paged(request: ListRequest, entries: Sequence[T], number: Callable[[T], int]) -> tuple[Sequence[T], str]:
    """The page of a list that is at hand, and the token of the next."""
    page = Page.of(request, (ascending("number", int),))
    return page.cut_from(entries, lambda entry: (number(entry),))
