"""The committer's promises, with a stand-in for the transaction."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial

import psycopg
import pytest

from libs.ledger.errors import LedgerClosed, LedgerUnavailable, OutcomeUnknown
from libs.ledger.store.committer import Committed, Committer
from libs.ledger.store.unit import Row, Unit
from libs.testkit.eventually import eventually


def unit(n: int = 1) -> Unit:
    return Unit(rows=[Row(f"mailbox-{n}", 1, "post.letter_put.v1", b"")])


class Transactions:
    """Commits batches in memory; `fail` is called first with the batch and may raise."""

    def __init__(self, fail: Callable[[Sequence[Unit]], None] = lambda _: None, broken: bool = False) -> None:
        self.batches: list[list[Unit]] = []
        self.fail = fail
        self.broken = broken

    def commit(self, batch: Sequence[Unit]) -> None:
        self.fail(batch)
        self.batches.append(list(batch))
        for one in batch:
            one.positions = range(len(one.rows))

    def reconnect(self) -> bool:
        return self.broken


def submit_in_threads(committer: Committer, units: Sequence[Unit]) -> list[threading.Thread]:
    def submit(one: Unit) -> None:
        with contextlib.suppress(Exception):  # kept in the unit, too
            committer.submit(one)

    threads = [threading.Thread(target=submit, args=[one]) for one in units]
    for thread in threads:
        thread.start()
    return threads


def is_waiting(committer: Committer, units: int) -> bool:
    return committer.waiting() == units


def test_a_lone_append_is_committed_at_once() -> None:
    transactions = Transactions()
    committer = Committer(transactions.commit, transactions.reconnect)

    committer.submit(unit())

    assert [len(batch) for batch in transactions.batches] == [1]
    committer.close()


def test_nobody_waits_for_others_when_there_are_none() -> None:
    transactions = Transactions()
    committer = Committer(transactions.commit, transactions.reconnect)

    for n in range(3):
        committer.submit(unit(n))

    assert committer._patience == 0.0
    committer.close()


def test_what_comes_during_a_commit_makes_up_the_next_batch() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()

    transactions = Transactions(hold)
    committer = Committer(transactions.commit, transactions.reconnect)

    threads = submit_in_threads(committer, [unit(0)])
    busy.wait()
    threads += submit_in_threads(committer, [unit(n) for n in range(1, 8)])
    eventually(lambda: committer.waiting() == 7, "seven wait")
    go_on.set()
    for thread in threads:
        thread.join()

    assert [len(batch) for batch in transactions.batches] == [1, 7]
    committer.close()


def test_an_append_with_effects_gets_a_transaction_to_itself() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()

    transactions = Transactions(hold)
    committer = Committer(transactions.commit, transactions.reconnect)

    threads = submit_in_threads(committer, [unit(0)])
    busy.wait()
    for n, one in enumerate([unit(1), unit(2), Unit(effects=[print]), unit(3)], start=1):
        threads += submit_in_threads(committer, [one])
        eventually(partial(is_waiting, committer, n), "it waits")
    go_on.set()
    for thread in threads:
        thread.join()

    assert [len(batch) for batch in transactions.batches] == [1, 2, 1, 1]
    committer.close()


def test_a_failure_that_is_one_appends_own_leaves_the_others_alone() -> None:
    bad = unit(13)

    def refuse_bad(batch: Sequence[Unit]) -> None:
        if bad in batch:
            raise psycopg.errors.CheckViolation("13 is refused")

    transactions = Transactions(refuse_bad)
    committer = Committer(transactions.commit, transactions.reconnect)
    good = [unit(n) for n in range(5)]

    for thread in submit_in_threads(committer, [*good[:3], bad, *good[3:]]):
        thread.join()

    assert [one.error for one in good] == [None] * 5
    assert isinstance(bad.error, psycopg.errors.CheckViolation)
    committer.close()


def test_a_database_that_comes_back_in_time_is_waited_for() -> None:
    failures = iter([psycopg.OperationalError("gone"), psycopg.OperationalError("still gone")])

    def fail_twice(_: Sequence[Unit]) -> None:
        for failure in failures:
            raise failure

    transactions = Transactions(fail_twice, broken=True)
    reports: list[Committed] = []
    committer = Committer(transactions.commit, transactions.reconnect, observe=reports.append)
    one = unit()

    committer.submit(one)

    assert one.in_doubt
    assert [report.attempts for report in reports] == [3]
    committer.close()


@pytest.mark.parametrize(("broken", "answer"), [(False, LedgerUnavailable), (True, OutcomeUnknown)])
def test_a_database_that_stays_away_is_reported_as_what_it_means(broken: bool, answer: type) -> None:
    def fail(_: Sequence[Unit]) -> None:
        raise psycopg.OperationalError("gone")

    transactions = Transactions(fail, broken=broken)
    committer = Committer(transactions.commit, transactions.reconnect, retry_for=0.1)

    with pytest.raises(LedgerUnavailable) as raised:
        committer.submit(unit())

    assert type(raised.value) is answer
    committer.close()


def test_an_observer_that_fails_stops_nothing() -> None:
    def fail(_: Committed) -> None:
        raise RuntimeError("not my day")

    transactions = Transactions()
    committer = Committer(transactions.commit, transactions.reconnect, observe=fail)

    committer.submit(unit(1))
    committer.submit(unit(2))

    assert len(transactions.batches) == 2
    committer.close()


def test_at_the_end_what_waits_is_committed_and_nothing_more_is_taken() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()

    transactions = Transactions(hold)
    committer = Committer(transactions.commit, transactions.reconnect)
    threads = submit_in_threads(committer, [unit(0)])
    busy.wait()
    threads += submit_in_threads(committer, [unit(1)])
    eventually(lambda: committer.waiting() == 1, "one waits")

    closing = threading.Thread(target=committer.close)
    closing.start()
    go_on.set()
    closing.join()
    for thread in threads:
        thread.join()

    assert [len(batch) for batch in transactions.batches] == [1, 1]
    with pytest.raises(LedgerClosed):
        committer.submit(unit(2))


def test_when_too_many_wait_the_next_is_turned_away() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()

    transactions = Transactions(hold)
    committer = Committer(transactions.commit, transactions.reconnect, queue_limit=1)
    threads = submit_in_threads(committer, [unit(0)])
    busy.wait()
    threads += submit_in_threads(committer, [unit(1)])
    eventually(lambda: committer.waiting() == 1, "one waits")

    with pytest.raises(LedgerUnavailable, match="too many"):
        committer.submit(unit(2))

    go_on.set()
    for thread in threads:
        thread.join()
    committer.close()
