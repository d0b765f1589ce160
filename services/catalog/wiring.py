"""The fuse box of the catalog: the only module that knows every room."""

from linli.catalog.v1 import catalog_service_pb2

from libs.forgetting.view import CLOCK as FORGETTING_CLOCK
from libs.forgetting.view import VIEW as FORGETTING_VIEW
from libs.ledger.forgotten import FORGETTING
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.catalog.adapters.ledger import EVENTS
from services.catalog.adapters.official_days import OFFICIAL, say_how_far
from services.catalog.adapters.publishing import publish
from services.catalog.adapters.views import affairs, calendars, commitments, responsibilities, services
from services.catalog.application.affair import Affairs
from services.catalog.application.app import App
from services.catalog.application.calendar import Calendars
from services.catalog.application.cited import Cited
from services.catalog.application.commitment import Commitments
from services.catalog.application.responsibility import ResponsibilityList, area_of
from services.catalog.application.seeding import Seeding
from services.catalog.application.service import Services
from services.catalog.domain.affair import AFFAIR
from services.catalog.domain.calendar import CALENDAR
from services.catalog.domain.commitment import COMMITMENT
from services.catalog.domain.noted import AREA, BODY
from services.catalog.domain.responsibility import RESPONSIBILITY
from services.catalog.domain.service import SERVICE as OFFERED
from services.catalog.entrypoints.affair import AffairApi
from services.catalog.entrypoints.calendar import CalendarApi
from services.catalog.entrypoints.chinese import MESSAGES
from services.catalog.entrypoints.commitment import CommitmentApi
from services.catalog.entrypoints.reactions import SUBSCRIPTIONS
from services.catalog.entrypoints.responsibility import ResponsibilityApi
from services.catalog.entrypoints.service import ServiceApi
from services.catalog.settings import CatalogSettings


def build(ground: Ground, settings: CatalogSettings) -> ServiceParts:  # noqa: ARG001 # it has no settings yet
    """The service on the ground that the shell has opened."""
    ground.stream(FORGETTING)
    return ServiceParts(apis=(_api(_app(ground)),), on_start=say_how_far)


def _app(ground: Ground) -> App:
    views = ground.views
    promise_reads = commitments.CommitmentReads(views)
    cited = Cited(affairs=ground.stream(AFFAIR), areas=ground.stream(AREA), bodies=ground.stream(BODY))
    tree = Affairs(stream=cited.affairs, cited=cited, reads=affairs.AffairReads(views))
    items = ResponsibilityList(
        stream=ground.stream(RESPONSIBILITY, area=area_of),
        cited=cited,
        reads=responsibilities.ResponsibilityReads(views),
    )
    working_time = Calendars(
        stream=ground.stream(CALENDAR),
        reads=calendars.CalendarReads(views),
        commitments=promise_reads,
        official=OFFICIAL,
    )
    promises = Commitments(
        stream=ground.stream(COMMITMENT), calendars=working_time, cited=cited, reads=promise_reads
    )
    return App(
        cited=cited,
        affairs=tree,
        responsibilities=items,
        calendars=working_time,
        commitments=promises,
        services=Services(stream=ground.stream(OFFERED), cited=cited, reads=services.ServiceReads(views)),
        seeding=Seeding(affairs=tree, responsibilities=items, calendars=working_time, commitments=promises),
    )


def _api(app: App) -> Api:
    nouns = (AffairApi, ResponsibilityApi, CalendarApi, CommitmentApi, ServiceApi)
    return Api.of(catalog_service_pb2, *(noun(app) for noun in nouns), zh=MESSAGES)


SERVICE = Service(
    name="catalog",
    events=EVENTS,
    views=(
        affairs.VIEW,
        responsibilities.VIEW,
        calendars.VIEW,
        commitments.VIEW,
        services.VIEW,
        FORGETTING_VIEW,
    ),
    clocks=(FORGETTING_CLOCK,),
    publish=publish,
    lasting=((calendars.VIEW, commitments.VIEW), calendars.lasting),
    settings=CatalogSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
)
