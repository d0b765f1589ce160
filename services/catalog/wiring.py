"""The fuse box of the catalog: the only module that knows all its rooms."""

from linli.catalog.v1 import catalog_service_pb2
from linli.identity.v1 import identity_events_pb2

from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.catalog.adapters.ledger import EVENTS
from services.catalog.adapters.publishing import publish
from services.catalog.adapters.views.affairs import AffairQueries, AffairTree
from services.catalog.adapters.views.calendars import CalendarQueries, NewestCalendars
from services.catalog.adapters.views.commitments import CommitmentQueries, PublishedCommitments
from services.catalog.adapters.views.responsibilities import ResponsibilityLines, ResponsibilityQueries
from services.catalog.adapters.views.services import ServiceQueries, ServiceSearch
from services.catalog.application.affairs import Affairs
from services.catalog.application.app import App
from services.catalog.application.cited import Cited
from services.catalog.application.promises import Calendars, Commitments
from services.catalog.application.reactions import when_area_defined, when_body_registered
from services.catalog.application.responsibilities import ResponsibilityList
from services.catalog.application.services import Services
from services.catalog.domain import affair, calendar, commitment, neighbours, responsibility, service
from services.catalog.entrypoints.chinese import MESSAGES
from services.catalog.entrypoints.grpc_api import CatalogApi
from services.catalog.settings import CatalogSettings


def build(ground: Ground, settings: CatalogSettings) -> ServiceParts:  # noqa: ARG001 # it has no settings yet
    """The service on an opened ledger."""
    cited = Cited(
        affairs=ground.stream(affair.AFFAIR),
        areas=ground.stream(neighbours.AREA),
        bodies=ground.stream(neighbours.BODY),
    )
    app = _app(ground, cited)
    return ServiceParts(
        apis=(_api(app),),
    )


def _app(ground: Ground, cited: Cited) -> App:
    views = ground.views
    promised = CommitmentQueries(views)
    calendars = Calendars(
        stream=ground.stream(calendar.CALENDAR), reads=CalendarQueries(views), commitments=promised
    )
    return App(
        cited=cited,
        affairs=Affairs(stream=cited.affairs, cited=cited, reads=AffairQueries(views)),
        responsibilities=ResponsibilityList(
            stream=ground.stream(responsibility.RESPONSIBILITY, area=_area_path),
            cited=cited,
            reads=ResponsibilityQueries(views),
        ),
        calendars=calendars,
        commitments=Commitments(
            stream=ground.stream(commitment.COMMITMENT),
            calendars=calendars,
            cited=cited,
            reads=promised,
        ),
        services=Services(stream=ground.stream(service.SERVICE), cited=cited, reads=ServiceQueries(views)),
    )


def _area_path(known: responsibility.Responsibilities) -> str | None:
    return known.items[0].area_path if known.items else None


def _api(app: App) -> Api:
    return Api.of(catalog_service_pb2, CatalogApi(app), zh=MESSAGES)


SERVICE = Service(
    name="catalog",
    events=EVENTS,
    views=(
        AffairTree(),
        ResponsibilityLines(),
        NewestCalendars(),
        PublishedCommitments(),
        ServiceSearch(),
    ),
    publish=publish,
    build=build,
    settings=CatalogSettings,
    subscriptions={
        "identity": {
            identity_events_pb2.AreaDefined: when_area_defined,
            identity_events_pb2.BodyRegistered: when_body_registered,
        }
    },
)
