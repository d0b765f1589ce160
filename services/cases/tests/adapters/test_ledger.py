"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.ledger.consented import ConsentedFact
from libs.ledger.delegated import DelegatedFact
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import ForgettingEvent
from libs.testkit import golden
from services.cases.adapters.ledger import EVENTS
from services.cases.domain.case.events import CaseEvent
from services.cases.domain.case_areas import CaseLocated
from services.cases.domain.conversation import ConversationEvent
from services.cases.domain.external_system import ExternalSystemEvent
from services.cases.domain.incident import IncidentEvent
from services.cases.domain.locating import CasesLocated
from services.cases.domain.noted import ConsentFact, NotedFact, OwnerFact, ResidentFact
from services.cases.domain.sensor.events import SensorEvent


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    families: list[object] = [
        CaseEvent,
        ConversationEvent,
        ExternalSystemEvent,
        SensorEvent,
        IncidentEvent,
        NotedFact,
        ResidentFact,
        ConsentFact,
        ConsentedFact,
        DelegatedFact,
        OwnerFact,
        ForgettingEvent,
    ]

    plain = {CaseLocated, CasesLocated, PersonalDataDisclosed}
    assert set(EVENTS.types.values()) == plain.union(*map(get_args, families))
