"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.ledger.forgotten import ForgettingEvent
from libs.rules.terms import MESSAGE_LIMITS
from libs.testkit import golden
from services.catalog.adapters.ledger import EVENTS
from services.catalog.domain.affair import AffairEvent
from services.catalog.domain.calendar import CalendarDefined
from services.catalog.domain.commitment import CommitmentPublished
from services.catalog.domain.noted import AreaEndNoted, AreaNoted, BodyNoted
from services.catalog.domain.responsibility import ResponsibilityEvent
from services.catalog.domain.service import ServiceEvent

GOLDEN = Path(__file__).parent / "golden"


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, GOLDEN) == []


def test_a_commitment_from_before_limits_for_answers_promises_the_usual_ones() -> None:
    reader = golden.reader(EVENTS)
    for name in ("commitment_published.v1", "commitment_published.v2"):
        older = golden.read(reader, name, (GOLDEN / f"{name}.msgpack").read_bytes())
        assert older.terms.messages == MESSAGE_LIMITS


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    families = (AffairEvent, ResponsibilityEvent, ServiceEvent, ForgettingEvent)
    single = {CalendarDefined, CommitmentPublished, AreaNoted, AreaEndNoted, BodyNoted}

    assert set(EVENTS.types.values()) == single.union(*map(get_args, families))
