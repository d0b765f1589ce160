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
from libs.testkit import patience
from libs.testkit.eventually import eventually


def unit(n: int = 1) -> Unit:
    return Unit(rows=[Row(f"mailbox-{n}", 1, "post.letter_put.v1", b"")])


class Transactions:
    """Commits batches in memory; `fail` is called first with the batch and may raise."""

    def __init__(self, fail: Callable[[Sequence[Unit]], None] = lambda _: None, broken: bool = False) -> None:
        self.batches: list[list[Unit]] = []
        self.fail = fail
        self.broken = broken
        self.dropped_by: list[psycopg.Error] = []

    def commit(self, batch: Sequence[Unit]) -> None:
        self.fail(batch)
        self.batches.append(list(batch))
        for one in batch:
            one.positions = range(len(one.rows))

    def reconnect(self, error: psycopg.Error) -> bool:
        self.dropped_by.append(error)
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
    committer = Committer(transactions.commit, transactions.reconnect, retry_for=patience.seconds(0.2))

    with pytest.raises(LedgerUnavailable) as raised:
        committer.submit(unit())

    assert type(raised.value) is answer
    committer.close()


READ_ONLY = psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction")


def test_an_error_that_nobody_knows_gets_a_new_connection_and_another_try() -> None:
    failures = iter([READ_ONLY])

    def fail_once(_: Sequence[Unit]) -> None:
        for failure in failures:
            raise failure

    transactions = Transactions(fail_once)
    committer = Committer(transactions.commit, transactions.reconnect)

    committer.submit(unit())

    assert transactions.dropped_by == [READ_ONLY]
    committer.close()


def test_an_error_that_nobody_knows_and_that_stays_is_an_outage() -> None:
    def fail(_: Sequence[Unit]) -> None:
        raise READ_ONLY

    transactions = Transactions(fail)
    committer = Committer(transactions.commit, transactions.reconnect)

    with pytest.raises(LedgerUnavailable) as raised:
        committer.submit(unit())

    assert raised.value.__cause__ is READ_ONLY
    assert len(transactions.dropped_by) == 5
    committer.close()


def test_of_a_batch_only_the_append_at_which_the_store_stumbles_is_refused() -> None:
    bad, good = unit(13), [unit(n) for n in range(5)]
    busy, go_on = threading.Event(), threading.Event()

    def stumble(batch: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()
        if bad in batch:
            raise psycopg.errors.InternalError_("13 is too much")

    transactions = Transactions(stumble)
    committer = Committer(transactions.commit, transactions.reconnect)
    threads = submit_in_threads(committer, [good[0]])
    busy.wait()
    threads += submit_in_threads(committer, [*good[1:3], bad, *good[3:]])
    eventually(partial(is_waiting, committer, 5), "five wait")

    go_on.set()
    for thread in threads:
        thread.join()

    assert [one.error for one in good] == [None] * 5
    assert isinstance(bad.error, LedgerUnavailable)
    committer.close()


def test_a_statement_of_an_effect_that_fails_is_the_effects_own_fault() -> None:
    def fail(_: Sequence[Unit]) -> None:
        raise psycopg.errors.UndefinedColumn("no such column")

    transactions = Transactions(fail)
    committer = Committer(transactions.commit, transactions.reconnect)

    with pytest.raises(psycopg.errors.UndefinedColumn):
        committer.submit(Unit(effects=[print]))

    committer.close()


def test_who_asks_how_it_goes_is_answered_between_two_batches_and_seldom_asks_the_store() -> None:
    asked: list[str] = []
    committer = Committer(
        Transactions().commit, Transactions().reconnect, probe=lambda: asked.append("the store")
    )

    answers = [committer.trouble(patience=5.0) for _ in range(20)]

    assert set(answers) == {""}
    assert 1 <= len(asked) < 20
    committer.close()


def test_a_long_commit_is_neither_trouble_nor_disturbed() -> None:
    busy, go_on, asked = threading.Event(), threading.Event(), threading.Event()

    def hold(_: Sequence[Unit]) -> None:
        busy.set()
        go_on.wait()

    transactions = Transactions(hold)
    committer = Committer(transactions.commit, transactions.reconnect, probe=asked.set)
    threads = submit_in_threads(committer, [unit()])
    busy.wait()

    assert committer.trouble(patience=0.05) == ""
    assert not asked.is_set()

    go_on.set()
    for thread in threads:
        thread.join()
    assert asked.wait(5.0)  # what was asked is answered later
    committer.close()


def test_a_commit_that_fails_again_and_again_is_told_while_it_is_repeated() -> None:
    def fail(_: Sequence[Unit]) -> None:
        raise psycopg.OperationalError("no route to host")

    transactions = Transactions(fail)
    committer = Committer(transactions.commit, transactions.reconnect, retry_for=0.7)
    threads = submit_in_threads(committer, [unit()])

    eventually(lambda: committer.trouble(patience=0.05) == "no route to host", "it says so")

    for thread in threads:
        thread.join()
    committer.close()


def test_a_store_that_does_not_answer_a_question_is_told() -> None:
    go_on = threading.Event()

    def hang() -> None:
        go_on.wait()

    transactions = Transactions()
    committer = Committer(transactions.commit, transactions.reconnect, probe=hang)

    said = committer.trouble(patience=0.1)

    assert "has not answered" in said
    go_on.set()
    committer.close()
    assert "closed" in committer.trouble(patience=0.1)


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
