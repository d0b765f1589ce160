"""The names under which identity's events are stored. A name once stored is never removed."""

from typing import Any

from libs.forgetting import telling
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.store.mapper import Events
from services.identity.adapters.claimed import CLAIMS
from services.identity.adapters.delegation_events import DELEGATIONS
from services.identity.adapters.joining_events import JOINING
from services.identity.adapters.right_events import RIGHTS
from services.identity.adapters.staff_events import STAFF
from services.identity.domain import household, merger
from services.identity.domain.access import RoleGranted, RoleLent, RoleRevoked, SessionsRevoked
from services.identity.domain.area.events import AreaDefined, AreaEnded, AreaRenamed, BoundaryChanged
from services.identity.domain.body import BodyRegistered
from services.identity.domain.building import BuildingRegistered, DwellingsAdded
from services.identity.domain.client import (
    ClientQuotaSet,
    ClientRegistered,
    ClientRetired,
    ClientScopesChanged,
    ClientSecretChanged,
)
from services.identity.domain.code_hour import AddressesForgotten
from services.identity.domain.consent import events as consent
from services.identity.domain.delivery import (
    ChannelGivenUp,
    DeliveryDelayed,
    DeliveryDropped,
    DeliveryPrepared,
    DeliveryReplayed,
    NoticesDelivered,
)
from services.identity.domain.dispatch import (
    EndpointFailed,
    MessageParked,
    MessagesReplayed,
    MessagesTaken,
    ReplayTaken,
)
from services.identity.domain.facts import FactsTold
from services.identity.domain.incident.events import (
    IncidentAssessed,
    IncidentClosed,
    IncidentErased,
    IncidentLimitNear,
    IncidentLimitPassed,
    IncidentNotified,
    IncidentReported,
)
from services.identity.domain.keyring import SigningKeyIntroduced, SigningKeyRetired
from services.identity.domain.letters import LettersGathered, LettersPrinted
from services.identity.domain.login import LoginCreated, PasswordSet
from services.identity.domain.natural_keys import NaturalKeyAdded, NaturalKeyReleased
from services.identity.domain.nomination import NominationEnded, NominationMade
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import NoticeQueued, NoticeRead, ReportsJoined, ReportsParted
from services.identity.domain.operators import FirstOperatorMade, OperatorAdded, OperatorRemoved
from services.identity.domain.preferences import NoticePreferencesSet
from services.identity.domain.receipt import ReceiptOpened, ServiceForgot
from services.identity.domain.residency import HomeLeft, HomeTaken
from services.identity.domain.resident import ResidentCorrected, ResidentErased, ResidentRegistered
from services.identity.domain.webhook import (
    CaseEventHeard,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)


def _erased(event: ResidentErased) -> tuple[str, ...]:
    return (event.resident_id,)


def _of_several(fields: dict[str, Any]) -> dict[str, Any]:
    """A reading of one person, as one of several people by any rpc."""
    shown: dict[str, str] = {"name": "NAME", "phone": "CONTACT", "address": "ADDRESS"}
    return {
        "subject_ids": (fields["resident_id"],),
        "classes": tuple(word for name, word in shown.items() if name in fields["fields"]),
        "purpose": fields["purpose"].upper(),
        "reference": fields["reference"],
        "rpc": "/linli.identity.v1.IdentityService/GetResident",
        "body_ids": (),
    }


def _erased_incident(event: IncidentErased) -> tuple[str, ...]:
    return (event.incident_id,)


def _erased_household(event: household.HouseholdErased) -> tuple[str, ...]:
    return (event.household_id,)


def _forgotten(event: AddressesForgotten) -> tuple[str, ...]:
    return (event.keeping,)


_PUBLISHED = {
    "area_defined.v1": AreaDefined,
    "boundary_changed.v1": BoundaryChanged,
    "area_renamed.v1": AreaRenamed,
    "area_ended.v1": AreaEnded,
    "body_registered.v1": BodyRegistered,
    "resident_registered.v1": ResidentRegistered,
    "resident_erased.v1": ResidentErased,
    "role_granted.v1": RoleGranted,
    "role_revoked.v1": RoleRevoked,
    "consent_recorded.v1": consent.ConsentRecorded,
    "consent_revoked.v1": consent.ConsentRevoked,
    "consent_given.v1": consent.ConsentGiven,
    "consent_withdrawn.v1": consent.ConsentWithdrawn,
    "nomination_made.v1": NominationMade,
    "nomination_ended.v1": NominationEnded,
    "client_registered.v1": ClientRegistered,
    "client_retired.v1": ClientRetired,
    "role_lent.v1": RoleLent,
    "residents_merged.v1": merger.ResidentsMerged,
    "residents_unmerged.v1": merger.ResidentsUnmerged,
    **DELEGATIONS,
}
_PRIVATE = {
    "personal_data_disclosed.v2": PersonalDataDisclosed,
    "merger_proposed.v1": merger.MergerProposed,
    "merger_rejected.v1": merger.MergerRejected,
    "registration_taken.v1": merger.RegistrationTaken,
    "registration_let_go.v1": merger.RegistrationLetGo,
    "resident_corrected.v1": ResidentCorrected,
    "natural_key_added.v1": NaturalKeyAdded,
    "natural_key_released.v1": NaturalKeyReleased,
    "receipt_opened.v1": ReceiptOpened,
    "service_forgot.v1": ServiceForgot,
    "building_registered.v1": BuildingRegistered,
    "dwellings_added.v1": DwellingsAdded,
    "household_formed.v1": household.HouseholdFormed,
    "household_moved.v1": household.HouseholdMoved,
    "member_joined.v1": household.MemberJoined,
    "member_left.v1": household.MemberLeft,
    "member_erased.v1": household.MemberErased,
    "household_erased.v1": household.HouseholdErased,
    "home_taken.v1": HomeTaken,
    "home_left.v1": HomeLeft,
    "facts_told.v1": FactsTold,
    "incident_reported.v1": IncidentReported,
    "incident_assessed.v1": IncidentAssessed,
    "incident_notified.v1": IncidentNotified,
    "incident_limit_near.v1": IncidentLimitNear,
    "incident_limit_passed.v1": IncidentLimitPassed,
    "incident_closed.v1": IncidentClosed,
    **STAFF,
    **JOINING,
    **RIGHTS,
    "incident_erased.v1": IncidentErased,
    "case_noted.v1": CaseNoted,
    "notice_queued.v1": NoticeQueued,
    "notice_read.v1": NoticeRead,
    "reports_joined.v1": ReportsJoined,
    "reports_parted.v1": ReportsParted,
    "notice_preferences_set.v1": NoticePreferencesSet,
    "delivery_prepared.v1": DeliveryPrepared,
    "delivery_delayed.v1": DeliveryDelayed,
    "channel_given_up.v1": ChannelGivenUp,
    "notices_delivered.v1": NoticesDelivered,
    "delivery_dropped.v1": DeliveryDropped,
    "delivery_replayed.v1": DeliveryReplayed,
    "letters_gathered.v1": LettersGathered,
    "letters_printed.v1": LettersPrinted,
    "webhook_registered.v1": WebhookRegistered,
    "webhook_secret_rotated.v1": WebhookSecretRotated,
    "webhook_removed.v1": WebhookRemoved,
    "case_event_heard.v1": CaseEventHeard,
    "messages_taken.v1": MessagesTaken,
    "endpoint_failed.v1": EndpointFailed,
    "message_parked.v1": MessageParked,
    "messages_replayed.v1": MessagesReplayed,
    "replay_taken.v1": ReplayTaken,
    "sessions_revoked.v1": SessionsRevoked,
    "first_operator_made.v1": FirstOperatorMade,
    "operator_added.v1": OperatorAdded,
    "operator_removed.v1": OperatorRemoved,
    "login_created.v1": LoginCreated,
    "password_set.v1": PasswordSet,
    "client_secret_changed.v1": ClientSecretChanged,
    "client_scopes_changed.v1": ClientScopesChanged,
    "client_quota_set.v1": ClientQuotaSet,
    "signing_key_introduced.v1": SigningKeyIntroduced,
    "signing_key_retired.v1": SigningKeyRetired,
}
EVENTS = Events(
    service="identity",
    types={**_PUBLISHED, **_PRIVATE, **telling.PUBLISHED, **telling.PRIVATE},
    upcasts={"personal_data_disclosed.v1": ("personal_data_disclosed.v2", _of_several)},
    private=frozenset({*_PRIVATE, *telling.PRIVATE}),
    personal={
        "resident_registered.v1": {
            "key_digest": "CREDENTIAL",
            "name": "NAME",
            "phone": "CONTACT",
            "address": "ADDRESS",
            "birth_date": "BIRTH",
        },
        "resident_corrected.v1": {
            "name": "NAME",
            "phone": "CONTACT",
            "address": "ADDRESS",
            "birth_date": "BIRTH",
        },
        "natural_key_added.v1": {"key_digest": "CREDENTIAL"},
        "natural_key_released.v1": {"key_digest": "CREDENTIAL"},
        "member_joined.v1": {"relation": "HOUSEHOLD"},
        "facts_told.v1": {"of_people": "HOUSEHOLD"},
        "incident_reported.v1": {"description": "INCIDENT"},
        "incident_assessed.v1": {"grounds": "INCIDENT"},
        "incident_notified.v1": {"note": "INCIDENT"},
        "incident_closed.v1": {"measures": "INCIDENT"},
        "notice_preferences_set.v1": {"chosen": "CONTACT"},
        "consent_given.v1": {"signature": "REASON"},
        "nomination_made.v1": {"reason": "REASON"},
        "nomination_ended.v1": {"reason": "REASON"},
        "client_registered.v1": {"secret_hash": "CREDENTIAL"},
        "client_secret_changed.v1": {"secret_hash": "CREDENTIAL"},
        "login_created.v1": {"login_name": "CREDENTIAL", "password_hash": "CREDENTIAL"},
        "password_set.v1": {"password_hash": "CREDENTIAL"},
        "code_requested.v1": {"address": "CONTACT"},
        "factor_reset_proposed.v1": {"reason": "REASON"},
        "email_confirmed.v1": {"address": "CONTACT", "digest": "CREDENTIAL"},
        "phone_confirmed.v1": {"address": "CONTACT", "digest": "CREDENTIAL"},
        "webhook_registered.v1": {"url": "CONTACT", "secret": "CREDENTIAL"},
        "webhook_secret_rotated.v1": {"secret": "CREDENTIAL"},
    },
    erasures={
        "resident_erased.v1": _erased,
        "household_erased.v1": _erased_household,
        "addresses_forgotten.v1": _forgotten,
        "incident_erased.v1": _erased_incident,
    },
    claims=CLAIMS,
)
