"""An event that cannot be handled is set aside; it holds up its own subject and nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.errors import LedgerUnavailable, VersionConflict
from libs.ledger.privacy.data_key import Sealed
from libs.ledger.store.ledger import Append
from libs.messaging.desk import NotFirst, NotParked, RetryFailed
from libs.messaging.parked import BEHIND
from libs.messaging.progress import Handled
from libs.messaging.reactions import Answers, Fact, Reaction
from libs.messaging.tests.town import ALICE, Town, sequences
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.example.tally import POISON


@pytest.fixture(autouse=True)
def _not_mended() -> Iterator[None]:
    yield
    tally.mended.clear()


def test_a_poison_event_is_parked_and_others_go_on(town: Town) -> None:
    town.count(1, who="a")
    town.count(POISON, who="b")
    town.count(2, who="a")

    outcome = town.inbox().handle(town.batch())

    assert outcome == Handled(town.batch().until)
    assert len(town.steps("a")) == 2
    assert town.steps("b") == ()
    (parked,) = town.desk().list()
    assert (parked.subject, parked.tries) == ("counter-b", 3)
    assert parked.error == "CANNOT_ADD: this number cannot be added"


def test_later_events_of_the_subject_wait_behind_it(town: Town) -> None:
    town.count(POISON, 5, who="b")
    inbox = town.inbox()
    inbox.handle(town.batch())
    town.count(6, who="b")

    inbox.handle(town.batch(after=inbox.position(town.batch().source)))

    assert town.steps("b") == ()
    assert [event.error for event in town.desk().list()][1:] == [BEHIND, BEHIND]


def sealed_for(town: Town, person: str) -> Sealed:
    """A text of a person, as the tally keeps it."""
    key = town.tally.ledger.keys.to_encipher(person)
    return Sealed(person, key.encipher("a text of theirs", b"here"), b"here")


def forget(town: Town, person: str, who: str) -> None:
    town.counter.streams["counter"].handle(who, counter.Forget(person_id=person), ALICE)


def test_an_erasure_does_not_wait_behind_it(town: Town) -> None:
    sealed = sealed_for(town, "mary")
    town.count(POISON, who="b")
    forget(town, "mary", who="b")

    town.inbox().handle(town.batch())

    assert town.tally.ledger.keys.decipher([sealed]) == [None]
    assert [event.error for event in town.desk().list()][1:] == [BEHIND]


def test_an_erasure_is_done_even_if_what_else_its_event_calls_for_is_refused(town: Town) -> None:
    def when_forgotten(event: Any, fact: Fact) -> Answers:
        refused = Reaction(tally.TALLY, "of-the-forgotten", tally.Add(by=POISON, sequence=fact.sequence))
        return [*tally.when_person_forgotten(event, fact), refused]

    wanted = {**tally.SERVICE.subscriptions["counter"], counter.PERSON_FORGOTTEN: when_forgotten}
    release = replace(tally.SERVICE, subscriptions={"counter": wanted})
    sealed = sealed_for(town, "mary")
    forget(town, "mary", who="b")

    town.inbox(release).handle(town.batch())

    assert town.tally.ledger.keys.decipher([sealed]) == [None]
    assert [event.error for event in town.desk().list()] == ["CANNOT_ADD: this number cannot be added"]


def test_a_new_consumer_knows_who_waits(town: Town) -> None:
    town.count(POISON, who="b")
    town.inbox().handle(town.batch())
    town.count(5, who="b")

    town.inbox().handle(town.batch())

    assert len(town.desk().list()) == 2


def test_after_a_fix_a_retry_handles_all_that_wait_in_order(town: Town) -> None:
    town.count(POISON, 5, 6, who="b")
    town.inbox().handle(town.batch())
    first = town.desk().list()[0]
    tally.mended.add(POISON)

    handled = town.desk().retry(first.id)

    assert handled == 3
    assert list(town.steps("b")) == sequences(town.batch())
    assert town.desk().list() == []


def test_after_a_retry_the_running_consumer_goes_on_with_the_subject(town: Town) -> None:
    town.count(POISON, who="b")
    inbox = town.inbox()
    inbox.handle(town.batch())
    tally.mended.add(POISON)
    town.desk().retry(town.desk().list()[0].id)
    town.count(5, who="b")

    inbox.handle(town.batch())

    assert list(town.steps("b")) == sequences(town.batch())
    assert town.desk().list() == []


def test_a_retry_that_fails_says_why_and_keeps_the_event(town: Town) -> None:
    town.count(POISON, who="b")
    town.inbox().handle(town.batch())
    parked = town.desk().list()[0]

    with pytest.raises(RetryFailed, match="CANNOT_ADD"):
        town.desk().retry(parked.id)

    assert town.desk().show(parked.id).tries == 4


def test_an_event_that_waits_cannot_be_retried_before_the_first(town: Town) -> None:
    town.count(POISON, 5, who="b")
    town.inbox().handle(town.batch())
    first, second = town.desk().list()

    with pytest.raises(NotFirst, match=f"retry {first.id} first"):
        town.desk().retry(second.id)


def test_a_discarded_event_is_gone_and_the_next_may_be_retried(town: Town) -> None:
    town.count(POISON, 5, who="b")
    town.inbox().handle(town.batch())
    first, second = town.desk().list()

    behind = town.desk().discard(first.id, by="wang", reason="a test")
    town.desk().retry(second.id)

    assert behind == 1
    assert list(town.steps("b")) == sequences(town.batch())[1:]
    with pytest.raises(NotParked):
        town.desk().show(first.id)


def test_a_store_that_is_away_parks_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.count(1, who="a")
    inbox = town.inbox()
    assert inbox.position(town.batch().source) == 0

    def away(_: object) -> object:
        raise LedgerUnavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(town.tally.ledger, "append", away)
        with pytest.raises(LedgerUnavailable):
            inbox.handle(town.batch())
    inbox.handle(town.batch())

    assert list(town.steps("a")) == sequences(town.batch())
    assert town.desk().list() == []


def test_a_stream_that_others_keep_changing_parks_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.count(1, 2, who="a")
    inbox = town.inbox()
    assert inbox.position(town.batch().source) == 0

    def conflicting(append: Append) -> object:
        raise VersionConflict(append.drafts[0].stream, 0, 1)

    with monkeypatch.context() as patched:
        patched.setattr(town.tally.ledger, "append", conflicting)
        with pytest.raises(Refusal, match="CONCURRENT_CHANGE"):
            inbox.handle(town.batch())
    inbox.handle(town.batch())

    assert list(town.steps("a")) == sequences(town.batch())
    assert town.desk().list() == []
