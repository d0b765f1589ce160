"""When a source was replaced by another ledger, or is gone for ever, there is a way out that is recorded."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from libs.ledger.decider import Refusal
from libs.messaging import reconcile, sources
from libs.messaging.histories import HistoryChanged
from libs.messaging.inbox import Inbox
from libs.messaging.local import LocalDelivery
from libs.messaging.progress import Handled
from libs.messaging.tests.town import SOURCE, Town, later
from libs.runtime.host.opened import OpenService
from libs.runtime.tests.example import counter
from libs.runtime.tests.example.tally import POISON
from libs.runtime.tests.running import opened
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer


@pytest.fixture
def replaced(town: Town, postgres_server: TestServer) -> Iterator[Town]:
    """The same tally, whose counter has lost its ledger and begun a new one after it was heard."""
    town.count(1, 2, 3, 4)
    town.inbox().handle(town.batch())
    with opened(postgres_server, [counter.SERVICE]) as (anew,):
        yield Town(anew, town.tally)


@pytest.mark.parametrize("new", [[5, 6], [5, 6, 7, 8, 9, 10]], ids=["behind_us", "beyond_us"])
def test_a_source_that_was_replaced_is_read_from_its_beginning_when_an_operator_says_so(
    replaced: Town, new: list[int], a_minute_passes: Callable[[], None]
) -> None:
    replaced.count(*new)
    running = replaced.inbox()
    running.position(SOURCE)
    a_minute_passes()
    with pytest.raises(HistoryChanged):
        running.handle(later(replaced.batch()))

    reconcile.go_on(replaced.tally.ledger, SOURCE, 0, by="wang", reason="a new ledger")
    outcome = running.handle(replaced.batch())  # the consumer that has been running all the while

    assert outcome == Handled(replaced.batch().until)
    assert len(replaced.steps()) == 4 + len(new)


def test_in_one_process_a_source_that_was_replaced_goes_on_when_an_operator_says_so(replaced: Town) -> None:
    replaced.count(5)
    inbox = replaced.inbox()
    with _delivering(inbox, replaced.counter):
        eventually(inbox.trouble, "it is said")

        reconcile.go_on(replaced.tally.ledger, SOURCE, 0, by="wang", reason="a new ledger")

        eventually(lambda: len(replaced.steps()) == 5, "the new event takes effect")


def test_what_is_known_of_sources_and_what_was_decided_is_listed(town: Town) -> None:
    town.count(1, POISON)
    town.inbox().handle(town.batch())
    reconcile.go_on(town.tally.ledger, SOURCE, 1, by="wang", reason="a test")

    (known,) = sources.known(town.tally.ledger)
    (decision,) = sources.decisions(town.tally.ledger)

    assert (known.source, known.at.checkpoint, known.parked, known.own) == (SOURCE, 1, 1, {})
    assert (decision.act, decision.position_before, decision.position) == ("go on", 2, 1)


def test_a_source_that_is_gone_for_ever_is_forgotten_with_its_parked_events(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.count(1, POISON)
    town.inbox().handle(town.batch())
    elsewhere = ["linli://elsewhere/counter"]

    before = sources.forget(town.tally.ledger, SOURCE, elsewhere, by="wang", reason="the cell was renamed")

    assert before.parked == 1
    assert sources.known(town.tally.ledger) == []
    assert town.desk().list() == []
    (decision,) = sources.decisions(town.tally.ledger)
    assert (decision.act, decision.position_before, decision.decided_by) == ("forget", 2, "wang")
    assert decision.reason == "the cell was renamed"
    assert ("source forgotten" in caplog.text, "the cell was renamed" in caplog.text) == (True, False)
    assert len(town.steps()) == 1


def test_a_source_that_this_release_reads_is_not_forgotten(town: Town) -> None:
    town.count(1)
    town.inbox().handle(town.batch())

    with pytest.raises(Refusal, match=r"SOURCE_STILL_READ.*use `sources reconcile` with position 0"):
        sources.forget(town.tally.ledger, SOURCE, [SOURCE], by="wang", reason="a test")

    assert sources.find(town.tally.ledger, SOURCE).at.checkpoint == town.batch().until


def test_a_mistyped_source_is_answered_with_those_there_are(town: Town) -> None:
    town.count(1)
    town.inbox().handle(town.batch())

    with pytest.raises(Refusal, match=f"SOURCE_UNKNOWN.*heard were: {SOURCE}"):
        sources.forget(town.tally.ledger, "linli://test/conter", [], by="wang", reason="a test")


@contextmanager
def _delivering(inbox: Inbox, of: OpenService) -> Iterator[None]:
    delivery, stop = LocalDelivery(inbox, [of.source], look=0.05), threading.Event()
    thread = threading.Thread(target=delivery.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        delivery.wake()
        thread.join(timeout=patience.seconds(10))
