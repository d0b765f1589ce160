"""A receipt is complete when every service that was named has said so, in whatever order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.receipt import (
    RECEIPT,
    NoteForgotten,
    OpenReceipt,
    ReceiptEvent,
    ReceiptOpened,
    ServiceForgot,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
SERVICES = ("identity", "cases", "volunteers")
OPENED = ReceiptOpened(
    subject_id=MEI, code_digest="4f2a", services=SERVICES, area_path=AreaPath("la/willow"), erased_at=AT
)

given = deciding(RECEIPT)


def forgot(service: str, at: datetime = AT) -> ServiceForgot:
    return ServiceForgot(subject_id=MEI, service=service, forgotten_at=at)


@pytest.mark.capability("002.5")
def test_it_is_complete_when_all_have_said_so_in_whatever_order() -> None:
    events: list[ReceiptEvent] = [OPENED, *map(forgot, SERVICES)]

    for order in permutations(events):
        for seen in range(len(order)):
            assert not given(*order[:seen]).state.complete
        assert given(*order).state.complete


def test_the_first_word_of_a_service_counts() -> None:
    again = NoteForgotten(subject_id=MEI, service="cases", at=AT + timedelta(days=1))

    given(OPENED, forgot("cases")).when(again).then_nothing_happens()


def test_erased_again_it_is_the_same_receipt() -> None:
    again = OpenReceipt(
        subject_id=MEI, code_digest="77aa", services=("identity",), area_path=AreaPath("la"), at=AT
    )

    given(OPENED).when(again).then_nothing_happens()


def test_a_service_that_was_not_named_does_not_complete_it() -> None:
    assert not given(OPENED, *map(forgot, ("identity", "cases", "catalog"))).state.complete
