"""The database dies in the middle of it: nothing acknowledged is lost, nothing is there twice."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.recorded import Checkpoint, Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.recorder import GroupCommitRecorder
from libs.ledger.store.tables import create_tables
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS, LetterPut, context
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres


@pytest.fixture
def crashing(killable_postgres: KillablePostgres) -> Iterator[tuple[KillablePostgres, Ledger]]:
    dsn = killable_postgres.ensure_database("post")
    create_tables(dsn)
    with Ledger.connect(
        LedgerSettings(dsn=dsn, service="post", retry_for=60.0), EVENTS, MASTER_KEY
    ) as ledger:
        yield killable_postgres, ledger


def put(stream: str, letter: str, after: int) -> Draft:
    pair = (LetterPut(letter=letter), context().metadata(utc_now()))
    return Draft(stream=stream, expected_version=after, events=[pair])


def has_grown(ledger: Ledger, beyond: int) -> bool:
    return ledger.known_head > beyond


def test_a_killed_server_loses_nothing_acknowledged_and_doubles_nothing(
    crashing: tuple[KillablePostgres, Ledger],
) -> None:
    server, ledger = crashing
    acknowledged: dict[str, list[int]] = {f"mailbox-{n}": [] for n in range(8)}
    stop = threading.Event()

    def write(stream: str) -> None:
        while not stop.is_set():
            version = len(acknowledged[stream])
            appended = ledger.append(Append(drafts=[put(stream, f"{stream}/{version}", version)]))
            acknowledged[stream].extend(appended.positions)
            assert len(ledger.read_stream(stream, after=version)) == 1

    writers = [threading.Thread(target=write, args=[stream]) for stream in acknowledged]
    for writer in writers:
        writer.start()
    for _ in range(3):
        reached = ledger.known_head
        eventually(partial(has_grown, ledger, reached + 100), "writers get on", seconds=60)
        server.kill()
        server.restart()
    stop.set()
    for writer in writers:
        writer.join()

    stored = {stream: ledger.read_stream(stream) for stream in acknowledged}
    assert {stream: [one.position for one in found] for stream, found in stored.items()} == acknowledged
    for stream, found in stored.items():
        assert [one.event.letter for one in found] == [f"{stream}/{n}" for n in range(len(found))]


class BreaksAtCommit:
    """A connection whose line breaks as the commit is under way: before it arrives, or after."""

    def __init__(self, recorder: GroupCommitRecorder, arrives: bool) -> None:
        self._recorder = recorder
        self._arrives = arrives
        self._commit = recorder._commit
        recorder.committer._commit = self

    def __call__(self, units: Any) -> None:
        self._recorder.committer._commit = self._commit
        if self._arrives:
            self._commit(units)
            for unit in units:
                unit.positions = ()
        assert self._recorder._connection is not None
        self._recorder._connection.close()
        raise psycopg.OperationalError("the line broke")


@pytest.mark.parametrize("arrives", [True, False], ids=["the commit arrived", "the commit did not arrive"])
def test_a_line_that_breaks_at_the_commit_leaves_each_append_once(ledger: Ledger, arrives: bool) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))
    BreaksAtCommit(ledger._recorder, arrives)

    appended = ledger.append(
        Append(
            drafts=[put("mailbox-1", "b", 1), put("mailbox-2", "c", 0)], checkpoint=Checkpoint("catalog", 4)
        )
    )

    assert [one.event.letter for one in ledger.read()] == ["a", "b", "c"]
    assert appended.positions == tuple(one.position for one in ledger.read()[1:])
    assert ledger.checkpoint("catalog") == 4


@pytest.mark.parametrize("arrives", [True, False])
def test_a_checkpoint_alone_survives_the_same(ledger: Ledger, arrives: bool) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))
    BreaksAtCommit(ledger._recorder, arrives)

    ledger.append(Append(checkpoint=Checkpoint("catalog", 4, after=0)))

    assert ledger.checkpoint("catalog") == 4


def test_a_conflict_is_still_a_conflict_after_the_line_broke(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))
    BreaksAtCommit(ledger._recorder, arrives=False)

    with pytest.raises(Exception, match="version 1, not 0"):
        ledger.append(Append(drafts=[put("mailbox-1", "b", 0)]))


def test_a_database_that_is_not_there_took_nothing_for_certain(
    crashing: tuple[KillablePostgres, Ledger],
) -> None:
    server, _ = crashing
    settings = LedgerSettings(dsn=server.dsn("post"), service="post", retry_for=0.3, connect_timeout=2)
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        server.kill()

        with pytest.raises(LedgerUnavailable) as raised:
            ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))

        assert type(raised.value) is LedgerUnavailable
        server.restart()
        ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))


def test_a_ledger_whose_lock_is_held_too_long_says_so_and_goes_on_later(dsn: str) -> None:
    settings = LedgerSettings(dsn=dsn, service="post", lock_timeout=1, retry_for=0.5)
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        with psycopg.connect(dsn) as holder:
            holder.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")

            with pytest.raises(LedgerUnavailable, match="nothing was stored"):
                ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))

        ledger.append(Append(drafts=[put("mailbox-1", "a", 0)]))
        assert ledger.head() == 1
