"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.ledger.consented import ConsentedFact
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import ForgettingEvent
from libs.testkit import golden
from services.volunteers.adapters.ledger import EVENTS
from services.volunteers.domain.need.events import NeedEvent
from services.volunteers.domain.noted import AreaNoted, ResidentFact
from services.volunteers.domain.proposal import MatchesProposed
from services.volunteers.domain.volunteer import VolunteerEvent


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    families = (VolunteerEvent, NeedEvent, ResidentFact, ForgettingEvent, ConsentedFact)
    single = {AreaNoted, MatchesProposed, PersonalDataDisclosed}

    assert set(EVENTS.types.values()) == single.union(*map(get_args, families))
