"""What was ever stored reads for ever."""

from pathlib import Path
from typing import get_args

from libs.testkit import golden
from services.volunteers.adapters.ledger import EVENTS
from services.volunteers.domain import events


def test_every_stored_event_reads_as_it_always_did() -> None:
    assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []


def test_every_event_of_the_domain_has_a_stored_name() -> None:
    families = (events.VolunteerEvent, events.NeedEvent)
    single = {events.AreaNoted, events.MatchesProposed}

    assert set(EVENTS.types.values()) == single.union(*map(get_args, families))
