"""The fuse box of volunteers: the only module that knows every room."""

from linli.volunteers.v1 import volunteers_service_pb2

from libs.acting.heard import HeardConsents
from libs.acting.view import VIEW as ACTS
from libs.disclosure.view import VIEW as DISCLOSURES
from libs.forgetting.view import CLOCK as FORGETTING_CLOCK
from libs.forgetting.view import VIEW as FORGETTING_VIEW
from libs.ledger.consented import CONSENTED
from libs.ledger.forgotten import FORGETTING
from libs.messaging.clocks import Clock
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.volunteers.adapters.ledger import EVENTS
from services.volunteers.adapters.matching import CpSatMatching
from services.volunteers.adapters.publishing import publish
from services.volunteers.adapters.views import due_offers, needs, volunteers
from services.volunteers.application.app import App
from services.volunteers.application.need import Needs, area_of
from services.volunteers.application.noted import Areas, Residents
from services.volunteers.application.proposal import Proposals
from services.volunteers.application.volunteer import Volunteers, home_of
from services.volunteers.domain.need import NEED
from services.volunteers.domain.noted import AREA, RESIDENT
from services.volunteers.domain.proposal import PROPOSAL
from services.volunteers.domain.volunteer import VOLUNTEER
from services.volunteers.entrypoints.chinese import MESSAGES
from services.volunteers.entrypoints.need import NeedApi
from services.volunteers.entrypoints.proposal import ProposalApi
from services.volunteers.entrypoints.reactions import SUBSCRIPTIONS
from services.volunteers.entrypoints.volunteer import VolunteerApi
from services.volunteers.settings import VolunteersSettings


def build(ground: Ground, settings: VolunteersSettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    consented = HeardConsents(ground.stream(CONSENTED), ground.stream(FORGETTING))
    return ServiceParts(apis=(_api(_app(ground, settings)),), consents=consented)


def _app(ground: Ground, settings: VolunteersSettings) -> App:
    volunteer_stream = ground.stream(VOLUNTEER, area=home_of)
    need_stream = ground.stream(NEED, area=area_of)
    need_reads, volunteer_reads = needs.NeedReads(ground.views), volunteers.VolunteerReads(ground.views)
    return App(
        areas=Areas(stream=ground.stream(AREA)),
        residents=Residents(stream=ground.stream(RESIDENT)),
        volunteers=Volunteers(stream=volunteer_stream, reads=volunteer_reads),
        needs=Needs(
            stream=need_stream,
            volunteers=volunteer_stream,
            reads=need_reads,
            offers=due_offers.OfferReads(ground.views),
        ),
        proposals=Proposals(
            stream=ground.stream(PROPOSAL),
            volunteers=volunteer_stream,
            needs=need_stream,
            need_reads=need_reads,
            volunteer_reads=volunteer_reads,
            matching=CpSatMatching(effort=settings.matching_effort),
            offer_lasts=settings.offer_lasts,
        ),
    )


def _api(app: App) -> Api:
    return Api.of(volunteers_service_pb2, VolunteerApi(app), NeedApi(app), ProposalApi(app), zh=MESSAGES)


SERVICE = Service(
    name="volunteers",
    events=EVENTS,
    views=(needs.VIEW, volunteers.VIEW, due_offers.VIEW, FORGETTING_VIEW, DISCLOSURES, ACTS),
    clocks=(Clock("offers", due_offers.VIEW), FORGETTING_CLOCK),
    publish=publish,
    settings=VolunteersSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
)
