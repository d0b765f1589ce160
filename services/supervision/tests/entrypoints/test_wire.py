"""Messages and what supervision understands by them."""

import pytest
from linli.cases.v1 import cases_types_pb2 as cases

from services.supervision.domain.values import CaseState, ClockKind
from services.supervision.entrypoints import wire


@pytest.mark.parametrize("number", cases.Channel.values())
def test_a_channel_is_shown_as_it_was_read(number: cases.Channel.ValueType) -> None:
    assert wire.CHANNELS.number(wire.CHANNELS.word(number)) == number


def test_a_channel_that_this_release_does_not_know_is_read_and_not_shown() -> None:
    assert wire.CHANNELS.word(77) == "77"
    assert wire.CHANNELS.number("77") == cases.CHANNEL_UNSPECIFIED


def test_states_and_clocks_have_the_names_of_cases() -> None:
    assert wire.state_shown(CaseState.IN_PROGRESS.value) == cases.CASE_STATE_IN_PROGRESS
    assert wire.clock_shown(ClockKind.RESOLUTION) == cases.CLOCK_KIND_RESOLUTION
    assert wire.clock_shown(None) == cases.CLOCK_KIND_UNSPECIFIED
