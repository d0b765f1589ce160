"""The rpcs about affairs. The tree is the same in all areas: to change it a grant needs no limits."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.terms import choices_of
from libs.rpc.texts import text_of
from services.catalog.application.affair import NewAffair
from services.catalog.application.app import App
from services.catalog.application.seeding import Owner
from services.catalog.domain.affair import DecideAnonymity, DecideOutcomes, RenameAffair
from services.catalog.entrypoints.wire.affair import affair_shown


class AffairApi:
    """Defining, changing, seeding and retiring affairs; reading the tree."""

    def __init__(self, app: App) -> None:
        self._app = app

    def define_affair(self, request: pb.DefineAffairRequest, call: Call) -> pb.DefineAffairResponse:
        """Put an affair into the tree."""
        call.require()
        new = NewAffair(
            affair_id=request.affair_id,
            parent_id=request.parent_id,
            name=text_of(request.name),
            anonymous_allowed=request.anonymous_allowed,
            keywords=tuple(request.keywords),
            outcomes=choices_of(request.outcomes),
            at=call.at,
        )
        handled = self._app.affairs.define(new, call.context())
        return pb.DefineAffairResponse(affair=affair_shown(handled.state), revision=handled.revision)

    def rename_affair(self, request: pb.RenameAffairRequest, call: Call) -> pb.RenameAffairResponse:
        """Call it differently."""
        call.require()
        command = RenameAffair(
            affair_id=request.affair_id,
            name=text_of(request.name),
            keywords=tuple(request.keywords),
            at=call.at,
        )
        handled = self._app.affairs.change(command, call.context(), request.if_revision)
        return pb.RenameAffairResponse(affair=affair_shown(handled.state), revision=handled.revision)

    def decide_anonymity(self, request: pb.DecideAnonymityRequest, call: Call) -> pb.DecideAnonymityResponse:
        """With or without a name."""
        call.require()
        command = DecideAnonymity(affair_id=request.affair_id, allowed=request.anonymous_allowed, at=call.at)
        handled = self._app.affairs.change(command, call.context(), request.if_revision)
        return pb.DecideAnonymityResponse(affair=affair_shown(handled.state), revision=handled.revision)

    def decide_outcomes(self, request: pb.DecideOutcomesRequest, call: Call) -> pb.DecideOutcomesResponse:
        """How its cases may end."""
        call.require()
        outcomes = choices_of(request.outcomes)
        command = DecideOutcomes(affair_id=request.affair_id, outcomes=outcomes, at=call.at)
        handled = self._app.affairs.change(command, call.context(), request.if_revision)
        return pb.DecideOutcomesResponse(affair=affair_shown(handled.state), revision=handled.revision)

    def retire_affair(self, request: pb.RetireAffairRequest, call: Call) -> pb.RetireAffairResponse:
        """Take no new cases for it."""
        call.require()
        context = call.context(reason=request.reason)
        handled = self._app.affairs.retire(request.affair_id, call.at, context, request.if_revision)
        return pb.RetireAffairResponse(affair=affair_shown(handled.state), revision=handled.revision)

    def seed_standard_affairs(
        self, request: pb.SeedStandardAffairsRequest, call: Call
    ) -> pb.SeedStandardAffairsResponse:
        """Load the nine standard affairs."""
        call.require()
        owner = None
        if request.area_id or request.body_id:
            owner = Owner(
                area=self._app.cited.area(request.area_id),
                body_id=self._app.cited.body(request.body_id),
                legal_basis=request.legal_basis,
            )
        affairs, revision = self._app.seeding.seed(request.time_zone, owner, call.at, call.context())
        return pb.SeedStandardAffairsResponse(
            affairs=[affair_shown(each) for each in affairs], revision=revision
        )

    def get_affair(self, request: pb.GetAffairRequest, call: Call) -> pb.GetAffairResponse:
        """One affair."""
        loaded = self._app.affairs.defined(request.affair_id)
        return pb.GetAffairResponse(affair=affair_shown(loaded.state), revision=loaded.revision)

    def list_affairs(self, request: pb.ListAffairsRequest, call: Call) -> pb.ListAffairsResponse:
        """A page of the tree."""
        affairs, token = self._app.affairs.listed(request, Fresh.of(request, call))
        return pb.ListAffairsResponse(affairs=[affair_shown(each) for each in affairs], next_page_token=token)
