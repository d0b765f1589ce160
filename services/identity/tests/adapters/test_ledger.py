"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import ForgettingEvent
from libs.testkit import golden
from services.identity.adapters.ledger import EVENTS
from services.identity.domain.access import AccessEvent
from services.identity.domain.area.events import AreaEvent
from services.identity.domain.body import BodyRegistered
from services.identity.domain.building import BuildingEvent
from services.identity.domain.career import CareerEvent
from services.identity.domain.client import ClientEvent
from services.identity.domain.code import CodeEvent
from services.identity.domain.code_hour import AddressesForgotten
from services.identity.domain.consent.events import ConsentEvent
from services.identity.domain.consent_codes import ConsentCodeEvent
from services.identity.domain.contact import ContactEvent
from services.identity.domain.course import CourseDefined
from services.identity.domain.data_set import DataSetDefined
from services.identity.domain.delegation import DelegationEvent
from services.identity.domain.delivery import DeliveryEvent
from services.identity.domain.dispatch import DispatchEvent
from services.identity.domain.factor_reset import FactorResetEvent
from services.identity.domain.facts import FactsTold
from services.identity.domain.household import HouseholdEvent
from services.identity.domain.incident.events import IncidentEvent
from services.identity.domain.invitation import InvitationEvent
from services.identity.domain.keyring import KeyringEvent
from services.identity.domain.letters import LettersEvent
from services.identity.domain.login import LoginEvent
from services.identity.domain.merger import MergerEvent
from services.identity.domain.natural_keys import NaturalKeysEvent
from services.identity.domain.nomination import NominationEvent
from services.identity.domain.notice import NoticeEvent
from services.identity.domain.operators import OperatorsEvent
from services.identity.domain.post.events import PostEvent
from services.identity.domain.preferences import NoticePreferencesSet
from services.identity.domain.qualification import QualificationDefined
from services.identity.domain.receipt import ReceiptEvent
from services.identity.domain.residency import ResidencyEvent
from services.identity.domain.resident import ResidentEvent
from services.identity.domain.review import GrantConfirmed
from services.identity.domain.second_factor import SecondFactorEvent
from services.identity.domain.share import ShareEvent
from services.identity.domain.webhook import WebhookEvent


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    families: list[object] = [AreaEvent, ResidentEvent, NaturalKeysEvent, AccessEvent]
    families += [MergerEvent]
    families += [LoginEvent, ClientEvent, KeyringEvent, OperatorsEvent, NominationEvent, ConsentEvent]
    families += [ShareEvent, DelegationEvent]
    families += [NoticeEvent, DeliveryEvent, LettersEvent, WebhookEvent, DispatchEvent]
    families += [IncidentEvent, ReceiptEvent, ForgettingEvent]
    families += [BuildingEvent, HouseholdEvent, ResidencyEvent, CareerEvent, PostEvent]
    families += [
        CodeEvent,
        ConsentCodeEvent,
        ContactEvent,
        InvitationEvent,
        SecondFactorEvent,
        FactorResetEvent,
    ]
    single = {AddressesForgotten, BodyRegistered, FactsTold, PersonalDataDisclosed, NoticePreferencesSet}
    single |= {QualificationDefined, CourseDefined, GrantConfirmed, DataSetDefined}

    assert set(EVENTS.types.values()) == single.union(*map(get_args, families))
