"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.ledger.consented import ConsentedFact
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import ForgettingEvent
from libs.testkit import golden
from services.supervision.adapters.ledger import EVENTS
from services.supervision.domain.case_record.events import CaseRecordEvent
from services.supervision.domain.noted import CaseAreasNoted, NameFact


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    assert set(EVENTS.types.values()) == {
        *get_args(CaseRecordEvent),
        *get_args(NameFact),
        *get_args(ForgettingEvent),
        *get_args(ConsentedFact),
        CaseAreasNoted,
        PersonalDataDisclosed,
    }
