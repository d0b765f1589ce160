"""The fuse box of cases: the only module that knows every room."""

from collections.abc import Callable, Sequence
from datetime import datetime

from libs.ledger.streams.stream import Stream
from libs.ledger.views.view import Views
from libs.messaging.clocks import Clock, Moment
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
from services.cases.domain.commands import PassMoments
from services.cases.domain.decisions import CASE
from services.cases.domain.noted import NOTED
from services.cases.domain.resident import RESIDENT
from services.cases.settings import CasesSettings


def build(ground: Ground, settings: CasesSettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    app = App(
        cases=Stream(ground.ledger, CASE, clock=ground.clock, area=_area_path),
        noted=Stream(ground.ledger, NOTED, clock=ground.clock),
        residents=Stream(ground.ledger, RESIDENT, clock=ground.clock),
        picture=LatestPicture(ground.views),
        reads=ViewReads(ground.views),
        prefix=settings.public_prefix,
    )
    return ServiceParts(
        streams={"case": app.cases, "noted": app.noted, "resident": app.residents},
        apis=lambda: _apis(app),
        clocks=(Clock(name="deadlines", due=_due_moments(ground.views)),),
    )


def _apis(app: App) -> tuple[Api, ...]:
    from linli.cases.v1 import cases_service_pb2

    from services.cases.entrypoints.chinese import MESSAGES
    from services.cases.entrypoints.grpc_api import CasesApi

    descriptor = cases_service_pb2.DESCRIPTOR.services_by_name["CasesService"]
    return (Api(descriptor=descriptor, implementation=CasesApi(app), messages={"zh": MESSAGES}),)


def _area_path(state: State) -> str | None:
    return None if isinstance(state, NotOpened) else state.file.area_path


def _due_moments(views: Views) -> Callable[[datetime, int, str], Sequence[Moment]]:
    def due(now: datetime, limit: int, at_least: str) -> Sequence[Moment]:
        with views.read(DUE_MOMENTS.name, at_least) as cursor:
            found = DUE_MOMENTS.due(cursor, now, limit)
        return [
            Moment(due_at=due_at, stream="case", id=case_id, command=PassMoments(at=now))
            for case_id, due_at in found
        ]

    return due


SERVICE = Service(
    name="cases",
    events=EVENTS,
    views=(ALL_CASES, DUE_MOMENTS, REFERENCE),
    publish=publishing.publish,
    settings=CasesSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
)
