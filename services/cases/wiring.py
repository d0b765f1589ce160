"""The fuse box of cases: the only module that knows every room."""

from linli.cases.v1 import cases_service_pb2

from libs.messaging.clocks import Clock
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.cases.adapters import publishing
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.reads import (
    ALL_CASES,
    DUE_MOMENTS,
    REFERENCE,
    LatestPicture,
    ViewReads,
)
from services.cases.application.app import App
from services.cases.application.reactions import SUBSCRIPTIONS
from services.cases.domain.case import NotOpened, State
from services.cases.domain.decisions import CASE
from services.cases.domain.noted import NOTED
from services.cases.domain.resident import RESIDENT
from services.cases.entrypoints.chinese import MESSAGES
from services.cases.entrypoints.grpc_api import CasesApi
from services.cases.settings import CasesSettings


def build(ground: Ground, settings: CasesSettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    app = App(
        cases=ground.stream(CASE, area=_area_path),
        noted=ground.stream(NOTED),
        residents=ground.stream(RESIDENT),
        picture=LatestPicture(ground.views),
        reads=ViewReads(ground.views),
        prefix=settings.public_prefix,
    )
    return ServiceParts(
        apis=(_api(app),),
    )


def _area_path(state: State) -> str | None:
    return None if isinstance(state, NotOpened) else state.file.area_path


def _api(app: App) -> Api:
    return Api.of(cases_service_pb2, CasesApi(app), zh=MESSAGES)


SERVICE = Service(
    name="cases",
    events=EVENTS,
    views=(ALL_CASES, DUE_MOMENTS, REFERENCE),
    clocks=(Clock("deadlines", DUE_MOMENTS),),
    publish=publishing.publish,
    settings=CasesSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
)
