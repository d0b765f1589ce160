"""The rpcs about visits and what they found."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.access import PERSON
from libs.rpc.call import Call, invalid
from libs.rpc.moments import moment, moment_of
from services.identity.application.app import App
from services.identity.application.visit import Visit
from services.identity.domain import household_refusals as unfit
from services.identity.domain.fact_kinds import Source
from services.identity.entrypoints.resident import REGISTERING_SCOPE, permit_by, reading, registering
from services.identity.entrypoints.wire.household import shown_whole, told_of
from services.identity.entrypoints.wire.words import SOURCES

OWN_SCOPE = "households.self"


class VisitApi:
    """Telling facts about households, and reading them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def record_visit(self, request: pb.RecordVisitRequest, call: Call) -> pb.RecordVisitResponse:
        """Keep what somebody saw, or tells of their own household."""
        staff = not call.lacks(REGISTERING_SCOPE)
        named = bool(request.household_id or request.building_id)
        if staff and not named and call.lacks(OWN_SCOPE):
            raise unfit.subject_is_missing()
        own = not staff or not named
        visit = Visit(
            household_id=request.household_id,
            building_id=request.building_id,
            unit=request.unit,
            source=_source(request, own),
            body_id=request.source_body_id,
            observed_at=moment(request.observed_time),
            told_by=call.me,
            facts=tuple(map(told_of, request.facts)),
            at=call.at,
        )
        permit = permit_by(call, registering)
        only = self._app.visits.living(call.my_ids) if own else ""
        revision = self._app.visits.record(visit, call.context(), permit, only)
        return pb.RecordVisitResponse(revision=revision)

    def get_household(self, request: pb.GetHouseholdRequest, call: Call) -> pb.GetHouseholdResponse:
        """Show a household to staff, or to somebody who lives there."""
        me = self._app.visits.living(call.my_ids)
        at = moment_of(request, "at_time") or call.now()
        if not request.household_id:
            if call.caller.kind != PERSON:
                raise unfit.resident_has_no_household()
            shown = self._app.visits.show_own(me, at)
            call.require_within(shown.home.area_path)
            others = [each.resident_id for each in shown.members if each.resident_id != me]
            call.showing(me, *others, *([shown.household_id] if others else []))
            request.purpose = pb.PURPOSE_RESIDENT_REQUEST  # as which it is recorded
            return shown_whole(shown, at)
        if not request.purpose:
            raise invalid("purpose", "say why you read the data of others")
        shown = self._app.visits.show(request.household_id, at, permit_by(call, reading))
        call.showing(request.household_id, *(each.resident_id for each in shown.members))
        return shown_whole(shown, at)


def _source(request: pb.RecordVisitRequest, own: bool) -> Source:
    """Where the facts come from. Refuses SOURCE_UNFIT."""
    source = SOURCES.from_wire(request.source)
    if (source is Source.OTHER_BODY) != bool(request.source_body_id):
        raise unfit.source_is_unfit("name the body if the source is OTHER_BODY, and only then")
    if own and (source is not Source.SELF_DECLARED or any(each.settles for each in request.facts)):
        raise unfit.source_is_unfit("who lives there tells facts as SELF_DECLARED, and settles nothing")
    if own and request.building_id:
        raise unfit.source_is_unfit("a resident tells facts of their own household")
    return source
