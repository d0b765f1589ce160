"""The fuse box of supervision: the only module that knows every room."""

from linli.cases.v1 import cases_events_pb2 as cases
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.supervision.v1 import supervision_service_pb2

from libs.messaging.translate import source_name
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.supervision.adapters import publishing
from services.supervision.adapters.ledger import EVENTS
from services.supervision.adapters.reads import ViewReads
from services.supervision.adapters.views.case_facts import CaseFacts
from services.supervision.adapters.views.names import Names
from services.supervision.application import noting_names, reactions
from services.supervision.application.app import App
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.names import NAME
from services.supervision.entrypoints.chinese import MESSAGES
from services.supervision.entrypoints.grpc_api import SupervisionApi
from services.supervision.settings import SupervisionSettings


def build(ground: Ground, settings: SupervisionSettings) -> ServiceParts:  # noqa: ARG001  # it has no fields yet
    """The service on the ground that the shell has opened."""
    cell = ground.settings.cell
    app = App(
        records=ground.stream(CASE_RECORD),
        names=ground.stream(NAME),
        reads=ViewReads(ground.ledger, ground.views, source_name(cell, "cases")),
        own_source=source_name(cell, "supervision"),
    )
    return ServiceParts(
        apis=(_api(app),),
    )


def _api(app: App) -> Api:
    return Api.of(supervision_service_pb2, SupervisionApi(app), zh=MESSAGES)


SERVICE = Service(
    name="supervision",
    events=EVENTS,
    views=(CaseFacts(), Names()),
    publish=publishing.publish,
    settings=SupervisionSettings,
    build=build,
    subscriptions={
        "cases": {
            cases.CaseOpened: reactions.when_case_opened,
            cases.CaseRouted: reactions.when_case_routed,
            cases.CaseUnowned: reactions.when_case_unowned,
            cases.CaseAccepted: reactions.when_case_accepted,
            cases.CaseReturned: reactions.when_case_returned,
            cases.AdjudicationOpened: reactions.when_adjudication_opened,
            cases.CaseReassigned: reactions.when_case_reassigned,
            cases.WorkStarted: reactions.when_work_started,
            cases.CasePaused: reactions.when_case_paused,
            cases.CaseResumed: reactions.when_case_resumed,
            cases.NoteAdded: reactions.when_note_added,
            cases.CaseResolved: reactions.when_case_resolved,
            cases.CaseClosed: reactions.when_case_closed,
            cases.CaseWithdrawn: reactions.when_case_withdrawn,
            cases.CaseRejected: reactions.when_case_rejected,
            cases.CaseReopened: reactions.when_case_reopened,
            cases.DeadlineWarned: reactions.when_deadline_warned,
            cases.DeadlineBreached: reactions.when_deadline_breached,
        },
        "identity": {
            identity.AreaDefined: noting_names.when_area_defined,
            identity.BodyRegistered: noting_names.when_body_registered,
            identity.SubjectErased: noting_names.when_subject_erased,
        },
        "catalog": {
            catalog.AffairDefined: noting_names.when_affair_defined,
            catalog.AffairChanged: noting_names.when_affair_changed,
        },
    },
)
