"""The rpcs about calendars."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.texts import text_of
from services.catalog.application.app import App
from services.catalog.domain.calendar import DefineCalendar
from services.catalog.entrypoints.wire.calendar import calendar_shown, working_time_of


class CalendarApi:
    """Defining and reading calendars."""

    def __init__(self, app: App) -> None:
        self._app = app

    def define_calendar(self, request: pb.DefineCalendarRequest, call: Call) -> pb.DefineCalendarResponse:
        """The first or the next version; calendars are the same in all areas."""
        call.require()
        command = DefineCalendar(
            calendar_id=request.calendar_id,
            name=text_of(request.name),
            working_time=working_time_of(request.working_time),
            valid_from=moment_of(request, "valid_from_time"),
            replaces=request.replaces_version,
            reason=request.reason,
            at=call.at,
        )
        context = call.context(reason=request.reason)
        loaded = self._app.calendars.define(command, context, request.if_revision)
        return pb.DefineCalendarResponse(
            calendar=calendar_shown(loaded.state.newest), revision=loaded.revision
        )

    def get_calendar(self, request: pb.GetCalendarRequest, call: Call) -> pb.GetCalendarResponse:
        """One calendar."""
        if request.version:
            found = self._app.calendars.version(request.calendar_id, request.version)
            return pb.GetCalendarResponse(calendar=calendar_shown(found))
        loaded = self._app.calendars.newest(request.calendar_id)
        return pb.GetCalendarResponse(calendar=calendar_shown(loaded.state.newest), revision=loaded.revision)

    def list_calendars(self, request: pb.ListCalendarsRequest, call: Call) -> pb.ListCalendarsResponse:
        """A page of calendars."""
        calendars, token = self._app.calendars.listed(request, Fresh.of(request, call))
        return pb.ListCalendarsResponse(
            calendars=[calendar_shown(each) for each in calendars], next_page_token=token
        )
