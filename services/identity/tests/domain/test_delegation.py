"""A power is delegated for a time, passed on once and never wider, and comes back to nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.identity.domain.delegation import (
    DELEGATION,
    LONGEST,
    Delegated,
    DelegatePower,
    DelegationEnded,
    EndDelegation,
    Power,
    PowerDelegated,
    Terms,
)

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
UNTIL = AT + timedelta(days=10)
RECEIVED = Terms(
    power=Power.WORK_ON_CASES,
    origin_body_id="roads",
    from_body_id="roads",
    to_body_id="parks",
    under_id="",
    area_id="north",
    area_path=AreaPath("la/north"),
    affair_ids=("potholes", "lamps"),
    since=AT,
    until=UNTIL,
)
DELEGATE = DelegatePower(delegation_id="d-1", terms=RECEIVED, under=None, at=AT)
DELEGATED = PowerDelegated(delegation_id="d-1", terms=RECEIVED, delegated_at=AT)
END = EndDelegation(delegation_id="d-1", at=AT)
ENDED = DelegationEnded(delegation_id="d-1", area_path=AreaPath("la/north"), ended_at=AT)
PASSED_ON = replace(RECEIVED, from_body_id="parks", to_body_id="water", under_id="d-1")
delegation = deciding(DELEGATION)


def passing_on(under: Delegated | None = None, **differently: Any) -> DelegatePower:
    """Parks passes on to water what it received from roads."""
    terms = replace(PASSED_ON, **differently)
    received = under or Delegated(delegated=DELEGATED)
    return DelegatePower(delegation_id="d-2", terms=terms, under=received, at=AT)


@pytest.mark.capability("000.7")
def test_it_is_delegated_once_and_ended_once() -> None:
    delegation().when(DELEGATE).then(DELEGATED)
    delegation(DELEGATED).when(replace(DELEGATE, at=UNTIL)).then_nothing_happens()
    delegation(DELEGATED).when(END).then(ENDED)
    delegation(DELEGATED, ENDED).when(END).then_nothing_happens()
    delegation().when(END).then_refused("DELEGATION_UNKNOWN", Kind.NOT_FOUND)


@pytest.mark.capability("000.7")
def test_it_has_a_period_with_an_end() -> None:
    wrongs: list[dict[str, Any]] = [
        {"until": AT},
        {"since": UNTIL},
        {"until": AT + LONGEST + timedelta(days=1)},
        {"since": AT + LONGEST, "until": AT + LONGEST + timedelta(days=1)},
        {"since": AT - timedelta(days=9), "until": AT - timedelta(days=1)},
    ]
    for wrong in wrongs:
        command = replace(DELEGATE, terms=replace(RECEIVED, **wrong))
        delegation().when(command).then_refused("DELEGATION_PERIOD_UNFIT", Kind.INVALID)


@pytest.mark.capability("000.7")
def test_it_comes_back_to_no_body_that_has_it() -> None:
    to_itself = replace(DELEGATE, terms=replace(RECEIVED, to_body_id="roads"))
    for circle in (to_itself, passing_on(to_body_id="roads"), passing_on(to_body_id="parks")):
        delegation().when(circle).then_refused("DELEGATION_IN_A_CIRCLE", Kind.INVALID)


@pytest.mark.capability("000.7")
def test_what_was_received_is_passed_on_once_while_it_is_in_force() -> None:
    passed_on = PowerDelegated(delegation_id="d-2", terms=PASSED_ON, delegated_at=AT)
    delegation().when(passing_on()).then(passed_on)

    third = passing_on(Delegated(delegated=passed_on), from_body_id="water", to_body_id="gas")
    delegation().when(third).then_refused("DELEGATION_PASSED_ON_ONCE")
    ended = passing_on(Delegated(delegated=DELEGATED, ended_at=AT))
    delegation().when(ended).then_refused("DELEGATION_NOT_IN_FORCE")
    late = replace(passing_on(until=UNTIL + timedelta(days=1)), at=UNTIL)
    delegation().when(late).then_refused("DELEGATION_NOT_IN_FORCE")


def test_no_body_passes_on_what_another_one_received() -> None:
    delegation().when(passing_on(from_body_id="gas")).then_refused("DELEGATION_UNKNOWN", Kind.NOT_FOUND)


@pytest.mark.capability("000.7")
@pytest.mark.parametrize(
    "wider",
    [
        {"area_id": "", "area_path": AreaPath("")},
        {"area_id": "la", "area_path": AreaPath("la")},
        {"area_id": "south", "area_path": AreaPath("la/south")},
        {"affair_ids": ()},
        {"affair_ids": ("potholes", "noise")},
        {"since": AT - timedelta(days=1)},
        {"until": UNTIL + timedelta(seconds=1)},
    ],
)
def test_nothing_wider_than_what_was_received_is_passed_on(wider: dict[str, Any]) -> None:
    delegation().when(passing_on(**wider)).then_refused("DELEGATION_TOO_WIDE")


@pytest.mark.capability("000.7")
def test_who_may_only_read_passes_on_reading() -> None:
    reading = Delegated(delegated=replace(DELEGATED, terms=replace(RECEIVED, power=Power.READ_CASES)))

    delegation().when(passing_on(reading)).then_refused("DELEGATION_TOO_WIDE")
    narrower = passing_on(reading, power=Power.READ_CASES, affair_ids=("lamps",))
    delegation().when(narrower).then(
        PowerDelegated(delegation_id="d-2", terms=narrower.terms, delegated_at=AT)
    )
