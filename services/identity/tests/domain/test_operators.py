"""The first operator is made once, and the last one stays."""

from datetime import UTC, datetime

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.operators import (
    OPERATORS,
    AddOperator,
    FirstOperatorMade,
    MakeFirstOperator,
    OperatorAdded,
    OperatorRemoved,
    RemoveOperator,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
WEI, MEI = some_id("wei"), some_id("mei")
FIRST = FirstOperatorMade(party_id=WEI, made_at=AT)
ADDED = OperatorAdded(party_id=MEI, added_at=AT)

given = deciding(OPERATORS)


def test_the_first_operator_is_made_once() -> None:
    given().when(MakeFirstOperator(party_id=WEI, at=AT)).then(FIRST)

    again = given(FIRST).when(MakeFirstOperator(party_id=MEI, at=AT))
    again.then_refused("FIRST_OPERATOR_EXISTS", Kind.ALREADY_EXISTS)


def test_an_operator_is_counted_once() -> None:
    given(FIRST).when(AddOperator(party_id=MEI, at=AT)).then(ADDED)
    given(FIRST, ADDED).when(AddOperator(party_id=MEI, at=AT)).then_nothing_happens()


def test_the_last_operator_stays() -> None:
    removed = OperatorRemoved(party_id=WEI, removed_at=AT)

    given(FIRST).when(RemoveOperator(party_id=WEI, at=AT)).then_refused("LAST_OPERATOR", Kind.PRECONDITION)
    given(FIRST, ADDED).when(RemoveOperator(party_id=WEI, at=AT)).then(removed)
    last = given(FIRST, ADDED, removed).when(RemoveOperator(party_id=MEI, at=AT))
    last.then_refused("LAST_OPERATOR")


def test_who_is_no_operator_is_not_removed() -> None:
    given(FIRST).when(RemoveOperator(party_id=MEI, at=AT)).then_nothing_happens()
