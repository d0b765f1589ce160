"""A check counts when it meets the case, not when it is made: so a handler that forgets it is caught."""

from collections.abc import Callable

import pytest

from libs.ledger.decider import Refusal
from libs.query.reach import Reach, not_covered
from services.cases.application import permits
from services.cases.domain.case import CASE
from services.cases.tests.domain.history import opened


class Asked:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def reach(self) -> Reach:
        """A reach over nothing."""
        self.times += 1
        return Reach()

    def me(self) -> str:
        """Somebody's id."""
        self.times += 1
        return "somebody"


def of_body(asked: Asked) -> permits.Check:
    return permits.for_body(asked.reach)


def of_reporter(asked: Asked) -> permits.Check:
    def is_caller(_: str) -> None:
        raise not_covered(None, None)

    return permits.for_reporter(is_caller, lambda: (asked.me(),), Reach())


@pytest.mark.parametrize("made", [of_body, of_reporter])
def test_the_caller_is_looked_at_when_the_case_is_at_hand(made: Callable[[Asked], permits.Check]) -> None:
    asked = Asked()

    check = made(asked)

    assert asked.times == 0
    with pytest.raises(Refusal, match="do not cover"):
        check(CASE.fold([opened()]))
    assert asked.times == 1
