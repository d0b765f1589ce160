"""What must be unique across streams has one holder, in the transaction of the events that go with it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.ledger.errors import VersionConflict
from libs.ledger.store.claiming import Claimed, Claiming
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.store.mapper import Events
from libs.ledger.streams.claims import Claims
from libs.ledger.tests import plates
from libs.ledger.tests.mailbox import LetterPut


def test_of_many_who_claim_at_once_one_gets_it(open_ledger: Callable[[], Ledger]) -> None:
    ledgers, ready = [open_ledger() for _ in range(2)], threading.Barrier(32)

    def claim(n: int) -> str:
        ready.wait()
        return plates.race(ledgers[n % 2], f"h{n}", plates.PLATE)

    with ThreadPoolExecutor(32) as threads:
        holders = {each.result() for each in [threads.submit(claim, n) for n in range(32)]}

    assert len(holders) == 1
    assert [f"mailbox-{holder}" for holder in holders] == [each.stream for each in ledgers[0].read()]


def test_who_holds_it_may_claim_it_again(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.screw_on(ledger, "ada", after=1)

    assert plates.of(ledger) == "ada"


def test_an_append_that_is_refused_claims_nothing(ledger: Ledger) -> None:
    with pytest.raises(VersionConflict):
        plates.screw_on(ledger, "ada", after=7)

    assert plates.of(ledger) is None


def test_who_claims_what_another_holds_records_nothing(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    append = Append(drafts=[plates.draft("bo", LetterPut(letter="l-1"), plates.screwed_on(ledger, "bo"))])

    with pytest.raises(Claimed) as refused:
        ledger.append(append)

    assert refused.value.holder == "ada"
    assert ledger.read_stream("mailbox-bo") == []


def test_what_is_released_is_free_for_the_next(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")

    plates.take_off(ledger, "ada")
    plates.screw_on(ledger, "bo")

    assert plates.of(ledger) == "bo"


def test_one_of_several_is_given_up_and_the_rest_is_held(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.screw_on(ledger, "ada", "another plate", after=1)

    plates.unscrew(ledger, "ada", after=2)
    plates.screw_on(ledger, "bo")

    assert plates.of(ledger) == "bo"
    assert plates.of(ledger, "another plate") == "ada"


def test_nobody_gives_up_what_another_holds(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")

    plates.unscrew(ledger, "bo", after=0)

    assert plates.of(ledger) == "ada"


def test_holders_of_many_are_told_at_once(ledger: Ledger) -> None:
    claims = Claims(ledger, "plate")
    plates.screw_on(ledger, "ada")
    plates.screw_on(ledger, "bo", "another plate")
    one, another, free = (claims.digest(each) for each in (plates.PLATE, "another plate", "no plate"))

    assert claims.holders([one, another, free]) == {one: "ada", another: "bo"}


def test_what_moves_has_a_holder_at_every_moment(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")

    plates.hand_on(ledger, "ada", to="bo")

    assert plates.of(ledger) == "bo"


def test_claims_of_different_kinds_do_not_meet(ledger: Ledger) -> None:
    claims, others = Claims(ledger, "plate"), Claims(ledger, "number")
    plates.screw_on(ledger, "ada")

    assert others.digest(plates.PLATE) != claims.digest(plates.PLATE)
    assert others.holder(claims.digest(plates.PLATE)) is None


def test_claims_of_an_event_that_is_never_stored_are_a_mistake() -> None:
    claiming = Claiming(kind="plate", holds={"letter_red.v1": lambda event: (event.plate, event.owner)})

    with pytest.raises(ValueError, match=r"claims of unknown events \['letter_red.v1'\]"):
        Events(service="post", types={"letter_put.v1": LetterPut}, claims=(claiming,))
