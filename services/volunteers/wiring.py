"""The fuse box of volunteers: the only module that knows every room."""

from linli.cases.v1 import cases_events_pb2
from linli.identity.v1 import identity_events_pb2
from linli.volunteers.v1 import volunteers_events_pb2, volunteers_service_pb2

from libs.messaging.clocks import Clock
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.volunteers.adapters import publishing
from services.volunteers.adapters.ledger import EVENTS
from services.volunteers.adapters.matching import CpSatMatching
from services.volunteers.adapters.reads import ViewReads
from services.volunteers.adapters.views.due_offers import DueOffers
from services.volunteers.adapters.views.needs import Needs
from services.volunteers.adapters.views.volunteers import Volunteers
from services.volunteers.application import reactions
from services.volunteers.application.app import App
from services.volunteers.application.asking import Asking
from services.volunteers.domain import area, need, proposal, volunteer
from services.volunteers.entrypoints.chinese import MESSAGES
from services.volunteers.entrypoints.grpc_api import VolunteersApi
from services.volunteers.settings import VolunteersSettings


def build(ground: Ground, settings: VolunteersSettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    volunteers = ground.stream(volunteer.VOLUNTEER, area=_home_path)
    needs = ground.stream(need.NEED, area=_area_path)
    reads = ViewReads(ground.views)
    asking = Asking(
        volunteers=volunteers,
        needs=needs,
        proposals=ground.stream(proposal.PROPOSAL),
        reads=reads,
        matching=CpSatMatching(effort=settings.matching_effort),
        offer_lasts=settings.offer_lasts,
    )
    areas = ground.stream(area.AREA)
    app = App(areas=areas, volunteers=volunteers, needs=needs, asking=asking, reads=reads)
    return ServiceParts(
        apis=(Api.of(volunteers_service_pb2, VolunteersApi(app), zh=MESSAGES),),
    )


def _home_path(state: volunteer.Volunteer) -> str | None:
    return state.profile.home_path if isinstance(state, volunteer.Active) else None


def _area_path(state: need.Need) -> str | None:
    match state:
        case need.Raised(area_path=path) | need.Withdrawn(last=need.Raised(area_path=path)):
            return path
        case _:
            return None


DUE_OFFERS = DueOffers()

SERVICE = Service(
    name="volunteers",
    events=EVENTS,
    views=(Needs(), Volunteers(), DUE_OFFERS),
    clocks=(Clock("offers", DUE_OFFERS),),
    publish=publishing.publish,
    settings=VolunteersSettings,
    build=build,
    subscriptions={
        "identity": {
            identity_events_pb2.AreaDefined: reactions.when_area_defined,
            identity_events_pb2.SubjectErased: reactions.when_subject_erased,
        },
        "cases": {
            cases_events_pb2.CaseOpened: reactions.when_case_opened,
            cases_events_pb2.CaseWithdrawn: reactions.when_case_withdrawn,
            cases_events_pb2.CaseRejected: reactions.when_case_rejected,
        },
        "volunteers": {volunteers_events_pb2.NeedWithdrawn: reactions.when_need_withdrawn},
    },
)
