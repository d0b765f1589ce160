"""The parking service: an operator's desk for parked events, by gRPC."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from linli.operations.v1 import operations_service_pb2 as pb

from libs.ledger.decider import Kind, Refusal
from libs.messaging.desk import NotFirst, NotParked, ParkingDesk, RetryFailed
from libs.messaging.parked import ParkedEvent
from libs.query.paging import Page, ascending
from libs.rpc.access import Caller

_ORDER = (ascending("source"), ascending("subject"), ascending("sequence", int))


class Call(Protocol):
    """What the desk asks of a call (`libs.rpc.call.Call`)."""

    @property
    def caller(self) -> Caller:
        """Who calls."""

    def require(self, *, area_path: str | None = None, body: str | None = None) -> None:
        """Refuse unless a grant covers the thing; without a thing: unless one has no limits."""


class ParkingApi:
    """Serves `linli.operations.v1.ParkingService` for the services of this process."""

    def __init__(self, desks: Mapping[str, ParkingDesk]) -> None:
        self._desks = desks

    def list_parked_events(
        self, request: pb.ListParkedEventsRequest, call: Call
    ) -> pb.ListParkedEventsResponse:
        """What is parked, page by page."""
        desk = self._desk(request.service, call)
        page = Page.of(request, _ORDER)
        found, token = page.cut(
            desk.list(page.fetch, page.condition), lambda event: (event.source, event.subject, event.sequence)
        )
        events = [_told(request.service, event) for event in found]
        return pb.ListParkedEventsResponse(parked_events=events, next_page_token=token)

    def get_parked_event(self, request: pb.GetParkedEventRequest, call: Call) -> pb.GetParkedEventResponse:
        """One of them, whole."""
        desk = self._desk(request.service, call)
        with _refusing(request.parked_id):
            event = desk.show(request.parked_id)
        told = _told(request.service, event)
        return pb.GetParkedEventResponse(parked_event=told, event=event.envelope)

    def retry_parked_event(
        self, request: pb.RetryParkedEventRequest, call: Call
    ) -> pb.RetryParkedEventResponse:
        """Handle one now, and all that wait behind it."""
        desk = self._desk(request.service, call)
        with _refusing(request.parked_id):
            return pb.RetryParkedEventResponse(handled=desk.retry(request.parked_id))

    def discard_parked_event(
        self, request: pb.DiscardParkedEventRequest, call: Call
    ) -> pb.DiscardParkedEventResponse:
        """Give one up for good."""
        desk = self._desk(request.service, call)
        with _refusing(request.parked_id):
            waiting = desk.discard(request.parked_id, by=call.caller.subject, reason=request.reason)
        return pb.DiscardParkedEventResponse(waiting=waiting)

    def _desk(self, service: str, call: Call) -> ParkingDesk:
        """The desk of a service, for somebody whose grant has no limits: its inbox is everybody's."""
        call.require()
        if service not in self._desks:
            raise Refusal(
                Kind.NOT_FOUND,
                "INBOX_UNKNOWN",
                f"unknown service; this server has: {', '.join(sorted(self._desks))}",
                field="service",
            )
        return self._desks[service]


@contextmanager
def _refusing(parked_id: int) -> Iterator[None]:
    """What the desk cannot do, as refusals."""
    try:
        yield
    except NotParked:
        message = "no such event is parked, or not any more: list what is parked"
        raise Refusal(Kind.NOT_FOUND, "PARKED_UNKNOWN", message, parked_id=str(parked_id)) from None
    except NotFirst as error:
        first = str(error.first_id)
        raise Refusal(Kind.PRECONDITION, "PARKED_NOT_FIRST", str(error), first_id=first) from None
    except RetryFailed as error:
        failed = str(error.parked_id)
        message = f"{error}; it stays parked: mend the cause, then retry it"
        raise Refusal(Kind.PRECONDITION, "RETRY_FAILED", message, parked_id=failed, why=error.why) from error


def _told(service: str, event: ParkedEvent) -> pb.ParkedEvent:
    told = pb.ParkedEvent(
        parked_id=event.id,
        service=service,
        source=event.source,
        sequence=event.sequence,
        subject=event.subject,
        type=event.type,
        why=event.error,
        tries=event.tries,
    )
    told.parked_time.FromDatetime(event.parked_at)
    told.tried_time.FromDatetime(event.tried_at)
    return told
