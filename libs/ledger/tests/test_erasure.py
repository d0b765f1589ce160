"""An erasure destroys the key of the person's bucket and spares the others, whatever comes in between."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Cursor

from libs.ledger.decider import Refusal
from libs.ledger.errors import BucketsUnavailable, OutcomeUnknown, SettingsRefused
from libs.ledger.personal import Personal
from libs.ledger.privacy import buckets
from libs.ledger.privacy.bucket_files import BucketFiles
from libs.ledger.privacy.buckets import BucketStore, Kept, bucket_of
from libs.ledger.privacy.key_store import open_datastore
from libs.ledger.privacy.mending import Mended, mend
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.unit import Unit
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS, LetterPut, context
from libs.telemetry import metrics
from libs.testkit.eventually import eventually

OpenLedger = Callable[..., Ledger]


class Killed(BaseException):
    """The process was killed before it used the store."""


class Shaky:
    """A store that does what it is told to, until it fails by what `fail` raises."""

    def __init__(self, store: BucketStore, fail: Callable[[str], None]) -> None:
        self._store = store
        self._fail = fail

    def add(self, name: bytes, kept: Kept) -> None:
        self._fail("add")
        self._store.add(name, kept)

    def read(self, names: Iterable[bytes]) -> dict[bytes, Kept]:
        return self._store.read(names)

    def names(self) -> set[bytes]:
        return self._store.names()

    def replace(self, name: bytes, old: Kept, new: Kept) -> bool:
        self._fail("replace")
        done = self._store.replace(name, old, new)
        self._fail("replaced")
        return done

    def destroy(self, name: bytes) -> None:
        self._fail("destroy")
        self._store.destroy(name)
        self._fail("destroyed")

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def store(tmp_path: Path) -> BucketFiles:
    return BucketFiles(tmp_path / "keys")


@pytest.fixture
def opened(dsn: str, store: BucketStore) -> Iterator[OpenLedger]:
    """Opens one more ledger, as another process would; with a store of its own if one is given."""
    ledgers: list[Ledger] = []

    def connect(keys: BucketStore = store) -> Ledger:
        settings = LedgerSettings(dsn=dsn, service="post")
        ledgers.append(Ledger.connect(settings, EVENTS, MASTER_KEY, buckets=keys))
        return ledgers[-1]

    yield connect
    for ledger in ledgers:
        ledger.close()


def letter(stream: str, subject: str) -> Append:
    pair = (LetterPut(letter="l-1", text=Personal(subject, f"Dear {subject}")), context().metadata(utc_now()))
    return Append(drafts=[Draft(stream=stream, expected_version=0, events=[pair])])


def write(ledger: Ledger, persons: Iterable[int]) -> None:
    for n in persons:
        ledger.append(letter(f"mailbox-{n}", f"resident-{n}"))


def text_of(ledger: Ledger, n: int | str) -> str | None:
    text: str | None = ledger.read_stream(f"mailbox-{n}")[0].event.text.value
    return text


def readable(ledger: Ledger, persons: Iterable[int]) -> set[int]:
    return {n for n in persons if text_of(ledger, n) == f"Dear resident-{n}"}


def bucket_now(ledger: Ledger, n: int) -> bytes:
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT wrapped FROM subject_keys WHERE subject = %s", [f"resident-{n}"]
        ).fetchone()
    assert row is not None
    return bucket_of(row["wrapped"])


def test_the_key_of_the_bucket_is_destroyed_and_the_others_move(
    opened: OpenLedger, store: BucketFiles
) -> None:
    ledger = opened()
    write(ledger, range(10))
    before = bucket_now(ledger, 3)

    ledger.keys.destroy("resident-3")

    assert before not in store.names()
    assert bucket_now(ledger, 4) in store.names()
    assert readable(ledger, range(10)) == readable(opened(), range(10)) == {*range(10)} - {3}


def test_an_event_that_erases_does_so_on_the_disk_before_it_is_answered(
    opened: OpenLedger, store: BucketFiles
) -> None:
    ledger = opened()
    write(ledger, range(3))
    before = bucket_now(ledger, 1)

    ledger.append(Append(erases=["resident-1"]))

    assert before not in store.names()
    assert ledger.keys.erasure.waiting() == 0


def test_the_last_of_a_bucket_leaves_no_heir(opened: OpenLedger, store: BucketFiles) -> None:
    ledger = opened()
    write(ledger, [1])

    ledger.keys.destroy("resident-1")
    ledger.keys.destroy("resident-1")
    ledger.keys.destroy("resident-2")  # of whom nothing was ever known

    with ledger.connection() as connection:
        assert connection.execute("SELECT * FROM key_buckets").fetchall() == []
    assert text_of(ledger, 1) is None


def test_a_bucket_takes_only_so_many(opened: OpenLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "SIZE", 4)
    ledger = opened()

    write(ledger, range(10))

    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT count(*) AS persons FROM subject_keys WHERE bucket IS NOT NULL GROUP BY bucket"
        ).fetchall()
    persons = [row["persons"] for row in rows]
    assert (sum(persons), max(persons)) == (10, 4)


def test_a_process_goes_on_whose_bucket_another_retired(opened: OpenLedger) -> None:
    ledger, other = opened(), opened()
    write(ledger, range(3))
    ledger.keys.expect_new("resident-3")  # in the same bucket, not stored yet

    other.keys.destroy("resident-1")
    write(ledger, range(3, 6))
    ledger.append(letter("mailbox-again", "resident-2"))

    assert readable(opened(), range(6)) == {0, 2, 3, 4, 5}
    assert text_of(other, "again") == "Dear resident-2"


def test_a_person_who_is_erased_twice_at_once_is_erased_once(opened: OpenLedger) -> None:
    ledgers = [opened() for _ in range(4)]
    write(ledgers[0], range(8))

    with ThreadPoolExecutor(8) as threads:
        for erased in [threads.submit(ledgers[n % 4].keys.destroy, f"resident-{n % 4}") for n in range(8)]:
            erased.result()

    assert readable(opened(), range(8)) == {4, 5, 6, 7}
    assert ledgers[0].keys.erasure.waiting() == 0


def test_amid_writers_of_several_processes_only_the_erased_are_lost(
    opened: OpenLedger, store: BucketFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "SIZE", 6)
    ledgers, per_writer = [opened() for _ in range(3)], 60
    started = threading.Barrier(5)

    def write_many(writer: int) -> None:
        started.wait()
        for n in range(writer * 1000, writer * 1000 + per_writer):
            write(ledgers[writer], [n])

    def erase_some(eraser: int) -> list[int]:
        started.wait()
        erased = []
        for n in range(0, per_writer, 6):
            victim = ((n + eraser) % 3) * 1000 + n
            eventually(partial(is_known, ledgers[eraser], victim), "the person is there", seconds=60)
            ledgers[eraser].keys.destroy(f"resident-{victim}")
            erased.append(victim)
        return erased

    with ThreadPoolExecutor(5) as threads:
        writers = [threads.submit(write_many, writer) for writer in range(3)]
        erasers = [threads.submit(erase_some, eraser) for eraser in range(2)]
        erased = {n for each in erasers for n in each.result()}
        for each in writers:
            each.result()

    everybody = {writer * 1000 + n for writer in range(3) for n in range(per_writer)}
    fresh = opened()
    assert readable(fresh, everybody) == everybody - erased
    assert fresh.keys.erasure.waiting() == 0


def is_known(ledger: Ledger, n: int) -> bool:
    return bool(ledger.read_stream(f"mailbox-{n}"))


# Killed in between


STEPS = ["add", "replace", "replaced", "destroy", "destroyed"]


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_in_the_middle_of_an_erasure_loses_nobody_else(
    opened: OpenLedger, store: BucketFiles, step: str
) -> None:
    write(opened(), range(5))

    def die(at: str) -> None:
        if at == step:
            raise Killed

    dying = opened(Shaky(store, die))
    before = bucket_now(dying, 2)
    with pytest.raises(Killed):
        dying.keys.destroy("resident-2")

    next_one = opened()
    if step == "add":  # before anything was done
        assert readable(next_one, range(5)) == {*range(5)}
        next_one.keys.destroy("resident-2")
    assert readable(next_one, range(5)) == {0, 1, 3, 4}
    assert before not in store.names()
    assert next_one.keys.erasure.waiting() == 0
    write(next_one, [7])
    assert readable(opened(), [0, 7]) == {0, 7}


def test_a_transaction_that_is_rolled_back_erases_nobody(opened: OpenLedger, store: BucketFiles) -> None:
    ledger = opened()
    write(ledger, range(3))

    def refuse(cursor: Cursor[Any]) -> None:
        raise Killed

    with pytest.raises(Killed):
        ledger.append(Append(erases=["resident-1"], effects=[refuse]))

    ledger.keys.forget()
    assert readable(ledger, range(3)) == readable(opened(), range(3)) == {0, 1, 2}


def test_while_the_store_is_away_an_erasure_waits_and_is_done_later(
    opened: OpenLedger, store: BucketFiles
) -> None:
    away = threading.Event()

    def fail(at: str) -> None:
        if away.is_set() and at == "destroy":
            raise BucketsUnavailable("the disk is full")

    ledger = opened(Shaky(store, fail))
    write(ledger, range(3))
    before = bucket_now(ledger, 1)
    away.set()

    ledger.keys.destroy("resident-1")

    assert text_of(ledger, 1) is None
    assert (ledger.keys.erasure.waiting(), before in store.names()) == (1, True)
    assert metrics.REGISTRY.get_sample_value("linli_erasures_waiting", {"service": "post"}) == 1
    away.clear()
    eventually(lambda: ledger.keys.erasure.waiting() == 0, "it is done by itself")
    assert before not in store.names()


def test_an_erasure_whose_commit_is_in_doubt_is_finished_once_it_is_known(
    opened: OpenLedger, store: BucketFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened()
    write(ledger, range(3))
    before, submit = bucket_now(ledger, 1), ledger._recorder.submit

    def commit_and_lose_the_answer(unit: Unit) -> Sequence[int]:
        submit(unit)
        raise OutcomeUnknown("the database went away during the commit")

    monkeypatch.setattr(ledger._recorder, "submit", commit_and_lose_the_answer)
    with pytest.raises(OutcomeUnknown):
        ledger.append(Append(erases=["resident-1"]))

    eventually(lambda: before not in store.names(), "the key of the bucket is destroyed")
    assert readable(opened(), range(3)) == {0, 2}


def test_without_room_for_an_heir_an_erasure_is_refused_and_changes_nothing(
    opened: OpenLedger, store: BucketFiles
) -> None:
    full = threading.Event()

    def fail(_: str) -> None:
        if full.is_set():
            raise BucketsUnavailable("the disk is full")

    ledger = opened(Shaky(store, fail))
    write(ledger, range(3))
    full.set()

    with pytest.raises(BucketsUnavailable):
        ledger.append(Append(erases=["resident-1"]))

    assert readable(opened(), range(3)) == {0, 1, 2}


def test_another_store_than_the_databases_is_refused_at_start(opened: OpenLedger, tmp_path: Path) -> None:
    write(opened(), [1])

    with pytest.raises(SettingsRefused, match=r"1 buckets .* is it the right one"):
        opened(BucketFiles(tmp_path / "others"))


# An older backup


def backed_up(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(dsn) as connection:
        return {
            "key_buckets": connection.execute("SELECT bucket, opened_at FROM key_buckets").fetchall(),
            "subject_keys": connection.execute("SELECT subject, wrapped FROM subject_keys").fetchall(),
        }


def restore(dsn: str, backup: dict[str, list[tuple[Any, ...]]]) -> None:
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE key_buckets, subject_keys, retired_buckets")
        cursor.executemany(
            "INSERT INTO key_buckets (bucket, opened_at) VALUES (%s, %s)", backup["key_buckets"]
        )
        cursor.executemany(
            "INSERT INTO subject_keys (subject, wrapped) VALUES (%s, %s)", backup["subject_keys"]
        )


def test_an_older_backup_is_read_again_but_for_those_who_were_erased_since(
    opened: OpenLedger, dsn: str, store: BucketFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "SIZE", 8)
    ledger = opened()
    write(ledger, range(20))
    backup = backed_up(dsn)
    for n in (3, 5, 12):
        ledger.keys.destroy(f"resident-{n}")
    ledger.close()

    restore(dsn, backup)

    with pytest.raises(SettingsRefused, match="mend-keys"):
        opened()
    with open_datastore(dsn) as datastore:
        counted = mend(datastore, store, apply=False)
        assert mend(datastore, store, apply=True) == counted
        assert mend(datastore, store, apply=True) == Mended(0)
    assert counted.erased == ("resident-12", "resident-3", "resident-5")
    after = opened()
    assert readable(after, range(20)) == {*range(20)} - {3, 5, 12}
    after.keys.destroy("resident-4")
    assert readable(opened(), range(20)) == {*range(20)} - {3, 4, 5, 12}


def test_the_store_of_another_database_erases_nobody(opened: OpenLedger, dsn: str, tmp_path: Path) -> None:
    write(opened(), range(3))

    with open_datastore(dsn) as datastore, pytest.raises(SettingsRefused, match="knows nobody"):
        mend(datastore, BucketFiles(tmp_path / "others"), apply=True)

    assert readable(opened(), range(3)) == {0, 1, 2}


def test_nothing_is_taken_about_somebody_who_was_erased(opened: OpenLedger) -> None:
    ledger = opened()
    write(ledger, [1])
    ledger.keys.destroy("resident-1")

    with pytest.raises(Refusal, match="SUBJECT_ERASED"):
        ledger.append(letter("mailbox-2", "resident-1"))
