"""A service says that it has forgotten somebody when it has, once, and not before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.forgetting.view import ForgettingView
from libs.ledger.forgotten import (
    FORGETTING,
    ConfirmForgotten,
    ErasureHeard,
    HearErasure,
    SubjectForgotten,
)
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from libs.testkit.recorded import recorded
from libs.testkit.views import folded

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
HEARD = ErasureHeard(subject_id=MEI, heard_at=AT, has_receipt=True)
GONE = SubjectForgotten(subject_id=MEI, forgotten_at=AT)

given = deciding(FORGETTING)


@pytest.mark.capability("002.5")
def test_an_erasure_is_heard_once_and_confirmed_once() -> None:
    hear = HearErasure(subject_id=MEI, at=AT, has_receipt=True)
    confirm = ConfirmForgotten(subject_id=MEI, at=AT)

    given().when(hear).then(HEARD)
    given(HEARD).when(hear).then_nothing_happens()
    given(HEARD).when(confirm).then(GONE)
    given(HEARD, GONE).when(confirm).then_nothing_happens()


def test_nobody_is_forgotten_of_whom_nobody_told() -> None:
    given().when(ConfirmForgotten(subject_id=MEI, at=AT)).then_nothing_happens()


def test_whoever_is_forgotten_is_on_the_schedule_no_more() -> None:
    stream = f"forgetting-{MEI}"

    assert len(folded(ForgettingView(), recorded(stream, HEARD)).all("forgetting")) == 1
    assert folded(ForgettingView(), recorded(stream, HEARD, GONE)).all("forgetting") == []


def test_whoever_was_erased_before_there_were_receipts_is_not_on_the_schedule() -> None:
    past = replace(HEARD, has_receipt=False)

    assert folded(ForgettingView(), recorded(f"forgetting-{MEI}", past)).all("forgetting") == []
