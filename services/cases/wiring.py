"""The fuse box of cases: the only module that knows every room."""

from collections.abc import Callable
from functools import partial
from threading import Event

from linli.cases.v1 import cases_service_pb2

from libs.acting.delegated import HeardDelegations
from libs.acting.heard import HeardConsents
from libs.acting.view import VIEW as ACTS
from libs.disclosure.view import VIEW as DISCLOSURES
from libs.forgetting.view import CLOCK as FORGETTING_CLOCK
from libs.forgetting.view import VIEW as FORGETTING_VIEW
from libs.ledger.consented import CONSENTED
from libs.ledger.delegated import DELEGATED
from libs.ledger.forgotten import FORGETTING
from libs.messaging.clocks import Clock
from libs.messaging.live import Live
from libs.notify.sender import Sender
from libs.query.throttle import Throttle
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.cases.adapters import figures
from services.cases.adapters.learned import LearnedWords
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.listing import CaseLists
from services.cases.adapters.nearby import NearbyCases
from services.cases.adapters.picture import LatestPicture
from services.cases.adapters.publishing import publish
from services.cases.adapters.views import (
    all_cases,
    due_answers,
    due_moments,
    incident_alarms,
    reference,
    sensors,
    unlocated,
)
from services.cases.application.app import App
from services.cases.application.case import Cases, area_of
from services.cases.application.clock import Clocks
from services.cases.application.conversation import Conversations
from services.cases.application.conversation import area_of as area_of_conversation
from services.cases.application.duplicate import Duplicates
from services.cases.application.external_system import ExternalSystems
from services.cases.application.following import Following
from services.cases.application.importing import Imports
from services.cases.application.incident import Alarms
from services.cases.application.locating import CaseLocating
from services.cases.application.merging import Merges
from services.cases.application.owner import Owners
from services.cases.application.receipt import Receipts
from services.cases.application.report import Reports
from services.cases.application.routing import Routing
from services.cases.application.sensor import Sensors
from services.cases.application.sensor import area_of as area_of_sensor
from services.cases.application.suggesting import Suggesting
from services.cases.domain.case import CASE
from services.cases.domain.case_areas import CASE_AREAS
from services.cases.domain.conversation import CONVERSATION
from services.cases.domain.external_system import EXTERNAL_SYSTEM
from services.cases.domain.incident import INCIDENT
from services.cases.domain.locating import LOCATING
from services.cases.domain.noted import CONSENT, NOTED, OWNER, RESIDENT
from services.cases.domain.sensor import SENSOR
from services.cases.entrypoints.case import CaseApi
from services.cases.entrypoints.chinese import MESSAGES
from services.cases.entrypoints.clock import ClockApi
from services.cases.entrypoints.conversation import ConversationApi
from services.cases.entrypoints.external_system import ExternalSystemApi
from services.cases.entrypoints.following import FollowingApi, keys
from services.cases.entrypoints.importing import ImportingApi
from services.cases.entrypoints.merging import MergingApi
from services.cases.entrypoints.reactions import SUBSCRIPTIONS
from services.cases.entrypoints.receipt import ReceiptApi
from services.cases.entrypoints.report import ReportApi
from services.cases.entrypoints.routing import RoutingApi
from services.cases.entrypoints.sensor import SensorApi
from services.cases.entrypoints.suggesting import SuggestingApi
from services.cases.settings import CasesSettings


def build(ground: Ground, settings: CasesSettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    consented = HeardConsents(ground.stream(CONSENTED), ground.stream(FORGETTING))
    app = _app(ground, settings, consented)
    ground.live.sort_by(partial(keys, app.following))
    ground.ledger.on_reconnect(app.following.forget)
    apis = (_api(app, ground.live),)
    return ServiceParts(
        apis=apis,
        sends=_locating(app, ground),
        consents=consented,
        delegations=HeardDelegations(ground.stream(DELEGATED)),
    )


def _app(ground: Ground, settings: CasesSettings, consented: HeardConsents) -> App:
    stream, residents = ground.stream(CASE, area=area_of), ground.stream(RESIDENT)
    ground.stream(NOTED)
    reads, facts = all_cases.CaseReads(ground.views), reference.ReferenceReads(ground.views)
    picture = LatestPicture(facts, ground.ledger)
    owners = Owners(stream=ground.stream(OWNER))
    systems = ExternalSystems(stream=ground.stream(EXTERNAL_SYSTEM), owners=owners)
    conversations = ground.stream(CONVERSATION, area=area_of_conversation)
    cases = Cases(
        stream=stream,
        conversations=conversations,
        picture=picture,
        reads=reads,
        lists=CaseLists(ground.views),
    )
    receipts = Receipts(cases=cases, digests=ground.ledger.keys, reads=reads, throttle=Throttle(ground.clock))
    reports = Reports(
        stream=stream,
        residents=residents,
        consents=ground.stream(CONSENT),
        consented=consented.given,
        systems=systems,
        receipts=receipts,
        picture=picture,
        reads=reads,
        prefix=settings.public_prefix,
        clock=ground.clock,
    )
    return App(
        reports=reports,
        cases=cases,
        merges=Merges(stream=stream, picture=picture),
        duplicates=Duplicates(cases=cases, nearby=NearbyCases(ground.views)),
        conversations=Conversations(
            stream=conversations,
            cases=stream,
            reads=due_answers.OverdueReads(ground.views),
            picture=picture,
            facts=facts,
        ),
        following=Following(stream=stream, reads=reads, picture=picture),
        routing=Routing(picture=picture, facts=facts, reads=reads),
        suggesting=Suggesting(picture=picture, learned=LearnedWords(ground.views)),
        imports=Imports(stream=stream, reads=reads, cases=cases, reports=reports),
        receipts=receipts,
        systems=systems,
        clocks=Clocks(reads=due_moments.EarlyReads(ground.views), facts=facts, cases=cases),
        sensors=_sensors(ground, reports, picture, owners),
        locating=CaseLocating(
            cases=stream,
            areas=ground.stream(CASE_AREAS),
            progress=ground.stream(LOCATING),
            reads=unlocated.UnlocatedReads(ground.views),
            picture=picture,
            clock=ground.clock,
        ),
    )


def _sensors(ground: Ground, reports: Reports, picture: LatestPicture, owners: Owners) -> Sensors:
    stream, incidents = ground.stream(SENSOR, area=area_of_sensor), ground.stream(INCIDENT)
    return Sensors(
        stream=stream,
        owners=owners,
        incidents=incidents,
        alarms=Alarms(sensors=stream, incidents=incidents, cases=reports.stream, reports=reports),
        reports=reports,
        picture=picture,
        reads=sensors.SensorReads(ground.views),
        linked=incident_alarms.AlarmReads(ground.views),
    )


def _locating(app: App, ground: Ground) -> Callable[[Event], None]:
    """What locates cases again when boundaries have changed: in one process, and half of its time at most."""
    database = ground.settings.database_url.reveal()
    what = {"what": "areas of cases", "done": "found"}
    return Sender("cases", database, app.locating.work, drain=lambda: None, every=0.5, **what).run


def _api(app: App, live: Live) -> Api:
    nouns = (
        CaseApi(app),
        ReportApi(app),
        ReceiptApi(app),
        ConversationApi(app),
        FollowingApi(app, live),
        RoutingApi(app),
        SuggestingApi(app),
        ImportingApi(app),
        MergingApi(app),
        ExternalSystemApi(app),
        ClockApi(app),
        SensorApi(app),
    )
    return Api.of(cases_service_pb2, *nouns, zh=MESSAGES)


SERVICE = Service(
    name="cases",
    events=EVENTS,
    views=(
        all_cases.VIEW,
        due_answers.VIEW,
        due_moments.VIEW,
        incident_alarms.VIEW,
        reference.VIEW,
        sensors.VIEW,
        unlocated.VIEW,
        FORGETTING_VIEW,
        DISCLOSURES,
        ACTS,
    ),
    clocks=(Clock("deadlines", due_moments.VIEW), Clock("answers", due_answers.VIEW), FORGETTING_CLOCK),
    publish=publish,
    settings=CasesSettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
    figures=figures.count,
)
