"""What must be unique across streams has one holder, in the transaction of the events that go with it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.ledger.errors import VersionConflict
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.streams.claims import Claimed, Claims
from libs.ledger.tests.mailbox import LetterPut, context

PLATE = "the brass plate of number 7"


@pytest.fixture
def claims(ledger: Ledger) -> Claims:
    return Claims(ledger, "plate")


def claiming(claims: Claims, holder: str, after: int = 0) -> Append:
    """A letter to a mailbox, which claims the plate with it."""
    pair = (LetterPut(letter="l-1"), context().metadata(utc_now()))
    draft = Draft(stream=f"mailbox-{holder}", expected_version=after, events=[pair])
    return Append(drafts=[draft], effects=[claims.claim(claims.digest(PLATE), holder)])


def test_of_many_who_claim_at_once_one_gets_it(open_ledger: Callable[[], Ledger]) -> None:
    ledgers, ready = [open_ledger() for _ in range(2)], threading.Barrier(32)

    def claim(n: int) -> str:
        ledger = ledgers[n % 2]
        ready.wait()
        try:
            ledger.append(claiming(Claims(ledger, "plate"), f"h{n}"))
        except Claimed as claimed:
            return claimed.holder
        return f"h{n}"

    with ThreadPoolExecutor(32) as threads:
        holders = {each.result() for each in [threads.submit(claim, n) for n in range(32)]}

    assert len(holders) == 1
    assert [f"mailbox-{holder}" for holder in holders] == [each.stream for each in ledgers[0].read()]


def test_who_holds_it_may_claim_it_again(ledger: Ledger, claims: Claims) -> None:
    ledger.append(claiming(claims, "ada"))
    ledger.append(claiming(claims, "ada", after=1))

    assert claims.holder(claims.digest(PLATE)) == "ada"


def test_an_append_that_is_refused_claims_nothing(ledger: Ledger, claims: Claims) -> None:
    with pytest.raises(VersionConflict):
        ledger.append(claiming(claims, "ada", after=7))

    assert claims.holder(claims.digest(PLATE)) is None


def test_what_is_released_is_free_for_the_next(ledger: Ledger, claims: Claims) -> None:
    ledger.append(claiming(claims, "ada"))

    ledger.append(Append(effects=[claims.release("ada")]))
    ledger.append(claiming(claims, "bo"))

    assert claims.holder(claims.digest(PLATE)) == "bo"


def test_claims_of_different_kinds_do_not_meet(ledger: Ledger, claims: Claims) -> None:
    others = Claims(ledger, "number")
    ledger.append(claiming(claims, "ada"))

    assert others.digest(PLATE) != claims.digest(PLATE)
    assert others.holder(claims.digest(PLATE)) is None
