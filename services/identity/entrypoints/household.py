"""The rpcs about households and their members."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from services.identity.application.app import App
from services.identity.application.household import Joining
from services.identity.domain.values import Relation
from services.identity.entrypoints.resident import permit_by, reading, registering
from services.identity.entrypoints.wire.household import household_shown
from services.identity.entrypoints.wire.words import RELATIONS


class HouseholdApi:
    """Who lives where, together with whom."""

    def __init__(self, app: App) -> None:
        self._app = app

    def form_household(self, request: pb.FormHouseholdRequest, call: Call) -> pb.FormHouseholdResponse:
        """Register that people live together."""
        members = [
            Joining(resident_id=each.resident_id, relation=RELATIONS.from_wire(each.relation))
            for each in request.members
        ]
        household_id, revision = self._app.households.form(
            request.building_id,
            request.unit,
            members,
            moment(request.since_time),
            call.at,
            call.context(),
            permit_by(call, registering),
        )
        return pb.FormHouseholdResponse(household_id=household_id, revision=revision)

    def move_resident(self, request: pb.MoveResidentRequest, call: Call) -> pb.MoveResidentResponse:
        """Move one person in, over or out."""
        relation = RELATIONS.from_wire(request.relation) if request.relation else Relation.OTHER
        revision = self._app.households.move_resident(
            Joining(resident_id=request.resident_id, relation=relation),
            request.household_id,
            moment(request.since_time),
            call.at,
            call.context(),
            permit_by(call, registering),
        )
        return pb.MoveResidentResponse(revision=revision)

    def move_household(self, request: pb.MoveHouseholdRequest, call: Call) -> pb.MoveHouseholdResponse:
        """Move all of a household."""
        revision = self._app.households.move(
            request.household_id,
            request.building_id,
            request.unit,
            moment(request.since_time),
            call.at,
            call.context(),
            permit_by(call, registering),
        )
        return pb.MoveHouseholdResponse(revision=revision)

    def list_households(self, request: pb.ListHouseholdsRequest, call: Call) -> pb.ListHouseholdsResponse:
        """Read a page of households."""
        at = moment_of(request, "at_time") or call.now()
        rows, next_token = self._app.households.list(request, at, reading(call), Fresh.of(request, call))
        return pb.ListHouseholdsResponse(households=map(household_shown, rows), next_page_token=next_token)
