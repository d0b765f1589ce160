"""The gRPC face of calendars and commitments."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp_or_none
from libs.rpc.texts import localized, text_of
from services.catalog.application.app import App
from services.catalog.application.messages import limit, working_time
from services.catalog.application.promises import NewPromise
from services.catalog.domain import calendar, commands, commitment
from services.catalog.domain.events import CalendarDefined, CommitmentPublished
from services.catalog.entrypoints import requests


class PromisesApi:
    """The rpcs about calendars and commitments."""

    _app: App

    def define_calendar(self, request: pb.DefineCalendarRequest, call: Call) -> pb.DefineCalendarResponse:
        """The first or the next version; calendars are the same in all areas."""
        call.require()
        command = commands.DefineCalendar(
            calendar_id=request.calendar_id,
            name=text_of(request.name),
            working_time=requests.working_time(request.working_time),
            valid_from=moment_of(request, "valid_from_time"),
            at=call.at,
        )
        handled = self._app.calendars.define(command, call.context(), request.if_revision)
        state = handled.state
        shown = None if isinstance(state, calendar.Undefined) else _calendar(state)
        return pb.DefineCalendarResponse(calendar=shown, revision=handled.revision)

    def get_calendar(self, request: pb.GetCalendarRequest, call: Call) -> pb.GetCalendarResponse:
        """One calendar."""
        if request.version:
            found = self._app.calendars.version(request.calendar_id, request.version)
            return pb.GetCalendarResponse(calendar=_calendar(found))
        loaded = self._app.calendars.newest(request.calendar_id)
        return pb.GetCalendarResponse(calendar=_calendar(loaded.state), revision=loaded.revision)

    def list_calendars(self, request: pb.ListCalendarsRequest, call: Call) -> pb.ListCalendarsResponse:
        """A page of calendars."""
        calendars, token = self._app.calendars.listed(request, Fresh.of(request, call))
        return pb.ListCalendarsResponse(
            calendars=[_calendar(each) for each in calendars], next_page_token=token
        )

    def publish_commitment(
        self, request: pb.PublishCommitmentRequest, call: Call
    ) -> pb.PublishCommitmentResponse:
        """The first or the next version."""
        first = request.HasField("first_response")
        last = request.HasField("resolution")
        new = NewPromise(
            affair_id=request.affair_id,
            area_id=request.area_id,
            first_response=requests.limit(request.first_response) if first else None,
            resolution=requests.limit(request.resolution) if last else None,
            calendar_id=request.calendar_id,
            evidence_kinds=tuple(request.evidence_kinds),
            conditions=tuple(text_of(condition) for condition in request.conditions),
            valid_from=moment_of(request, "valid_from_time") or call.at,
            at=call.at,
        )
        handled = self._app.commitments.publish(
            new, call.context(), request.if_revision, requests.permit(call)
        )
        state = handled.state
        shown = None if isinstance(state, commitment.Unpublished) else _commitment(state.newest)
        return pb.PublishCommitmentResponse(commitment=shown, revision=handled.revision)

    def find_commitment(self, request: pb.FindCommitmentRequest, call: Call) -> pb.FindCommitmentResponse:
        """What is promised."""
        at = moment_of(request, "at_time") or call.at
        fresh = Fresh.of(request, call)
        found = self._app.commitments.find(request.affair_id, request.area_id, at, fresh)
        return pb.FindCommitmentResponse(commitment=_commitment(found))

    def list_commitments(self, request: pb.ListCommitmentsRequest, call: Call) -> pb.ListCommitmentsResponse:
        """A page of what is promised."""
        at = moment_of(request, "at_time") or call.at
        found, token = self._app.commitments.listed(request, at, Fresh.of(request, call))
        return pb.ListCommitmentsResponse(
            commitments=[_commitment(each) for each in found], next_page_token=token
        )


def _calendar(defined: calendar.Defined | CalendarDefined) -> pb.Calendar:
    return pb.Calendar(
        calendar_id=defined.calendar_id,
        version=defined.version,
        name=localized(defined.name),
        working_time=working_time(defined.working_time),
        valid_from_time=stamp_or_none(defined.valid_from),
    )


def _commitment(published: CommitmentPublished) -> pb.Commitment:
    return pb.Commitment(
        commitment_id=published.commitment_id,
        version=published.version,
        affair_id=published.affair_id,
        area_id=published.area_id,
        first_response=limit(published.first_response),
        resolution=limit(published.resolution),
        calendar_id=published.calendar_id,
        evidence_kinds=published.evidence_kinds,
        conditions=[localized(condition) for condition in published.conditions],
        valid_from_time=stamp_or_none(published.valid_from),
    )
