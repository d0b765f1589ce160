"""Two persons, neither of them the nominee, within seven days, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.nomination import (
    LASTS,
    NOMINATION,
    EndNomination,
    Nominate,
    NominationEnded,
    NominationMade,
    Outcome,
)
from services.identity.domain.values import TWO_PERSONS, Role, Within

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
SOON = AT + timedelta(days=1)
WEI, MEI, HUA = some_id("wei"), some_id("mei"), some_id("hua")
ID = some_id("nomination of mei")
WITHIN = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"))

given = deciding(NOMINATION)

NOMINATE = Nominate(
    nomination_id=ID, party_id=MEI, role=Role.OPERATOR, within=WITHIN, by=WEI, reason="she knows how", at=AT
)
MADE = NominationMade(
    nomination_id=ID,
    party_id=MEI,
    role=Role.OPERATOR,
    within=WITHIN,
    nominator_id=WEI,
    reason=Personal(MEI, "she knows how"),
    made_at=AT,
    expires_at=AT + LASTS,
)


def end(outcome: Outcome, by: str, at: datetime = SOON) -> EndNomination:
    return EndNomination(nomination_id=ID, outcome=outcome, by=by, reason="agreed", at=at)


def ended(outcome: Outcome, by: str) -> NominationEnded:
    return NominationEnded(
        nomination_id=ID, outcome=outcome, decider_id=by, reason=Personal(MEI, "agreed"), ended_at=SOON
    )


def test_one_nominates_and_another_approves() -> None:
    given().when(NOMINATE).then(MADE)
    given(MADE).when(end(Outcome.APPROVED, HUA)).then(ended(Outcome.APPROVED, HUA))


def test_nobody_nominates_themself() -> None:
    given().when(replace(NOMINATE, by=MEI)).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)


@pytest.mark.parametrize("role", sorted(set(Role) - TWO_PERSONS))
def test_other_roles_need_no_nomination(role: Role) -> None:
    given().when(replace(NOMINATE, role=role)).then_refused("ROLE_NEEDS_NO_NOMINATION", Kind.INVALID)


def test_neither_the_nominator_nor_the_nominee_approves() -> None:
    given(MADE).when(end(Outcome.APPROVED, WEI)).then_refused("SECOND_PERSON_NEEDED", Kind.PERMISSION)
    given(MADE).when(end(Outcome.APPROVED, MEI)).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)


def test_another_person_refuses_and_the_nominator_withdraws() -> None:
    given(MADE).when(end(Outcome.REFUSED, HUA)).then(ended(Outcome.REFUSED, HUA))
    given(MADE).when(end(Outcome.WITHDRAWN, WEI)).then(ended(Outcome.WITHDRAWN, WEI))
    given(MADE).when(end(Outcome.REFUSED, WEI)).then_refused("SECOND_PERSON_NEEDED")
    given(MADE).when(end(Outcome.WITHDRAWN, HUA)).then_refused("NOMINATION_NOT_YOURS", Kind.PERMISSION)


@pytest.mark.parametrize("outcome", Outcome)
def test_what_has_ended_is_decided_no_more(outcome: Outcome) -> None:
    history = (MADE, ended(outcome, WEI if outcome is Outcome.WITHDRAWN else HUA))

    for again in Outcome:
        refused = given(*history).when(end(again, HUA))
        refused.then_refused("NOMINATION_ENDED", Kind.PRECONDITION, outcome=outcome.value)


def test_after_seven_days_nobody_decides() -> None:
    in_time = AT + timedelta(days=7, microseconds=-1)

    given(MADE).when(end(Outcome.APPROVED, HUA, in_time)).then_state(lambda state: True)
    late = given(MADE).when(end(Outcome.APPROVED, HUA, AT + timedelta(days=7)))
    late.then_refused("NOMINATION_EXPIRED", Kind.PRECONDITION)


def test_what_nobody_made_nobody_decides() -> None:
    given().when(end(Outcome.APPROVED, HUA)).then_refused("NOMINATION_UNKNOWN", Kind.NOT_FOUND)
