"""The fuse box of supervision: the only module that knows every room."""

from linli.supervision.v1 import supervision_service_pb2

from libs.acting.heard import HeardConsents
from libs.acting.view import VIEW as ACTS
from libs.disclosure.view import VIEW as DISCLOSURES
from libs.forgetting.view import CLOCK as FORGETTING_CLOCK
from libs.forgetting.view import VIEW as FORGETTING_VIEW
from libs.ledger.consented import CONSENTED
from libs.ledger.forgotten import FORGETTING
from libs.messaging.translate import source_name
from libs.messaging.upstream import Upstream as Heard
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.supervision.adapters.ledger import EVENTS
from services.supervision.adapters.publishing import publish
from services.supervision.adapters.upstream import Upstream
from services.supervision.adapters.views import case_facts, names, successions
from services.supervision.application.app import App
from services.supervision.application.case_record import CaseRecords
from services.supervision.application.scoreboard import Scoreboards
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.noted import CASE_AREAS, NAME
from services.supervision.entrypoints.case_record import CaseRecordApi
from services.supervision.entrypoints.chinese import MESSAGES
from services.supervision.entrypoints.reactions import SUBSCRIPTIONS
from services.supervision.entrypoints.scoreboard import ScoreboardApi
from services.supervision.settings import SupervisionSettings


def build(ground: Ground, settings: SupervisionSettings) -> ServiceParts:  # noqa: ARG001  # it has no fields yet
    """The service on the ground that the shell has opened."""
    consented = HeardConsents(ground.stream(CONSENTED), ground.stream(FORGETTING))
    return ServiceParts(apis=(_api(_app(ground)),), consents=consented)


def _app(ground: Ground) -> App:
    cell = ground.settings.cell
    cases = source_name(cell, "cases")
    upstream = Upstream(Heard(ledger=ground.ledger, source=cases))
    facts = case_facts.CaseFactReads(ground.views, cases)
    ground.stream(NAME)
    ground.stream(CASE_AREAS)
    return App(
        scoreboards=Scoreboards(
            reads=facts,
            names=names.NameReads(ground.views),
            successions=successions.SuccessionReads(ground.views),
            upstream=upstream,
        ),
        case_records=CaseRecords(
            stream=ground.stream(CASE_RECORD),
            reads=facts,
            upstream=upstream,
            own_source=source_name(cell, "supervision"),
        ),
    )


def _api(app: App) -> Api:
    return Api.of(supervision_service_pb2, ScoreboardApi(app), CaseRecordApi(app), zh=MESSAGES)


SERVICE = Service(
    name="supervision",
    events=EVENTS,
    views=(case_facts.VIEW, names.VIEW, successions.VIEW, FORGETTING_VIEW, DISCLOSURES, ACTS),
    clocks=(FORGETTING_CLOCK,),
    publish=publish,
    settings=SupervisionSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
)
