"""A change of the master key: nobody notices while it runs, and afterwards the old key is not needed."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.errors import SettingsRefused
from libs.ledger.personal import Personal
from libs.ledger.privacy import buckets
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.privacy.rotation import Rewrapped
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS, LetterPut, context
from libs.testkit.eventually import eventually

NEW = MasterKey.generate()
BOTH = MasterKey(NEW.current, (MASTER_KEY.current,))

Open = Callable[[MasterKey], Ledger]


@pytest.fixture(autouse=True)
def size(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Persons in a bucket; one unless a test says otherwise, so that there is much to rotate."""

    def of(persons: int) -> None:
        monkeypatch.setattr(buckets, "SIZE", persons)

    of(1)
    return of


@pytest.fixture
def opened(dsn: str) -> Iterator[Open]:
    """Opens one more ledger over the same database, as a process with these master keys would."""
    ledgers: list[Ledger] = []

    def connect(keys: MasterKey) -> Ledger:
        ledgers.append(Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, keys))
        return ledgers[-1]

    yield connect
    for ledger in ledgers:
        ledger.close()


def letters(streams: list[str], subjects: list[str], after: int = 0) -> Append:
    """One append: a letter about each subject, each in a stream of its own."""
    drafts = []
    for stream, subject in zip(streams, subjects, strict=True):
        event = LetterPut(letter="l-1", text=Personal(subject, f"Dear {subject}"))
        pair = (event, context().metadata(utc_now()))
        drafts.append(Draft(stream=stream, expected_version=after, events=[pair]))
    return Append(drafts=drafts)


def write(ledger: Ledger, numbers: range) -> None:
    ledger.append(letters([f"mailbox-{n}" for n in numbers], [f"resident-{n}" for n in numbers]))


def text_of(ledger: Ledger, stream: str) -> str | None:
    text: str | None = ledger.read_stream(stream)[0].event.text.value
    return text


class Load:
    """Threads that read, write and erase until they are told to stop; `stop` raises what one failed by."""

    def __init__(self, reading: Ledger, writing: Ledger, persons: int) -> None:
        self._reading, self._writing, self._persons = reading, writing, persons
        self._over = threading.Event()
        self._may_erase = threading.Semaphore(0)
        self._threads = ThreadPoolExecutor(4)
        self.reads = self.writes = 0
        self.erased: list[int] = []
        works = (self._read, self._read, self._write, self._erase)
        self._running = [self._threads.submit(self._repeat, work) for work in works]

    def has_gone_on(self) -> bool:
        """Wait until each of them did something more."""
        reads, writes, erased = self.reads + 20, self.writes + 3, len(self.erased) + 5
        self._may_erase.release(5)
        eventually(
            lambda: (
                self._over.is_set()
                or (self.reads >= reads and self.writes >= writes and len(self.erased) >= erased)
            ),
            "the load goes on",
            seconds=60,
        )
        return not self._over.is_set()

    def stop(self) -> None:
        self._over.set()
        for running in self._running:
            running.result()
        self._threads.shutdown()

    def _repeat(self, work: Callable[[random.Random], None]) -> None:
        dice = random.Random(7)
        try:
            while not self._over.is_set():
                work(dice)
        finally:
            self._over.set()  # nobody waits for who has failed

    def _read(self, dice: random.Random) -> None:
        n = dice.randrange(self._persons // 2)  # the first half, of whom nobody is erased
        self._reading.keys.forget(
            [f"resident-{n}"], destroyed=False
        )  # as after its time: read from the store
        assert text_of(self._reading, f"mailbox-{n}") == f"Dear resident-{n}"
        self.reads += 1

    def _write(self, dice: random.Random) -> None:
        """About eight persons whose keys this process has known for long, and about a new one."""
        known = dice.sample(range(self._persons // 2), 8)
        streams = [f"letter-{self.writes}-{n}" for n in (*known, "new")]
        self._writing.append(letters(streams, [*(f"resident-{n}" for n in known), f"new-{self.writes}"]))
        self.writes += 1

    def _erase(self, _dice: random.Random) -> None:
        if self._may_erase.acquire(timeout=0.05):
            n = self._persons // 2 + len(self.erased)
            self._writing.keys.destroy(f"resident-{n}")
            self.erased.append(n)


def test_under_load_nothing_fails_and_afterwards_the_old_key_can_go(
    ledger: Ledger, opened: Open, size: Callable[[int], None]
) -> None:
    size(4)
    persons, said = 400, list[Rewrapped]()
    write(ledger, range(persons))
    digest = ledger.keys.digest("resident", "560-1815")
    rotating, reading, writing = opened(BOTH), opened(BOTH), opened(BOTH)
    for n in range(persons // 2):
        assert text_of(writing, f"mailbox-{n}") == f"Dear resident-{n}"  # it knows their keys as they were
    load = Load(reading, writing, persons)

    def between_batches(progress: Rewrapped) -> None:
        said.append(progress)
        assert load.has_gone_on()

    done = rotating.keys.rewrap(between_batches, size=20)
    load.stop()

    assert done > persons // 8
    assert len(said) > 4
    assert said[-1].done == done
    after = opened(NEW)
    erased = {f"mailbox-{n}" for n in load.erased}
    for n in range(persons):
        expected = None if f"mailbox-{n}" in erased else f"Dear resident-{n}"
        assert text_of(after, f"mailbox-{n}") == expected
    for n in range(load.writes):
        assert text_of(after, f"letter-{n}-new") == f"Dear new-{n}"
    assert after.keys.digest("resident", "560-1815") == digest
    with pytest.raises(Refusal, match="SUBJECT_ERASED"):
        after.append(letters(["mailbox-x"], [f"resident-{load.erased[0]}"]))


def test_an_append_about_many_persons_outlasts_a_rotation(ledger: Ledger, opened: Open) -> None:
    write(ledger, range(20))
    writing = opened(BOTH)
    for n in range(20):
        text_of(writing, f"mailbox-{n}")
    opened(BOTH).keys.rewrap()

    writing.append(letters([f"letter-{n}" for n in range(20)], [f"resident-{n}" for n in range(20)]))

    assert text_of(opened(NEW), "letter-19") == "Dear resident-19"


def test_an_interrupted_rotation_goes_on_where_it_was(ledger: Ledger, opened: Open) -> None:
    write(ledger, range(30))
    rotating = opened(BOTH)

    def interrupt(progress: Rewrapped) -> None:
        if progress.done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotating.keys.rewrap(interrupt, size=10)

    assert text_of(rotating, "mailbox-7") == "Dear resident-7"
    assert text_of(rotating, "mailbox-29") == "Dear resident-29"
    assert rotating.keys.rewrap(size=10) == 11  # of 30 buckets' keys and the digest's
    assert text_of(opened(NEW), "mailbox-29") == "Dear resident-29"


def test_two_rotations_at_once_do_the_work_once(ledger: Ledger, opened: Open) -> None:
    write(ledger, range(200))

    with ThreadPoolExecutor(2) as threads:
        rotations = [threads.submit(opened(BOTH).keys.rewrap, size=10) for _ in range(2)]
        done = sum(rotation.result() for rotation in rotations)

    assert done == 201
    assert text_of(opened(NEW), "mailbox-199") == "Dear resident-199"


def test_somebody_who_is_erased_meanwhile_stays_erased(ledger: Ledger, opened: Open) -> None:
    write(ledger, range(10))

    with ledger.connection() as connection, connection.transaction(), connection.cursor() as cursor:
        ledger.keys.destroy_in(cursor, ["resident-3"])

        assert opened(BOTH).keys.rewrap() == 11  # ten buckets' keys and the digest's

    assert text_of(opened(NEW), "mailbox-3") is None
    assert text_of(opened(NEW), "mailbox-4") == "Dear resident-4"


def test_without_a_second_key_there_is_nothing_to_rotate(ledger: Ledger) -> None:
    with pytest.raises(SettingsRefused, match="only one master key: put the new one"):
        ledger.keys.rewrap()


def test_a_key_that_is_not_given_is_missed_before_anything_is_changed(ledger: Ledger, opened: Open) -> None:
    write(ledger, range(30))

    def interrupt(_progress: Rewrapped) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(BOTH).keys.rewrap(interrupt, size=10)
    newest = MasterKey.generate().current
    too_early = opened(MasterKey(newest, (NEW.current,)))  # the oldest was taken out in the middle

    with pytest.raises(SettingsRefused, match="21 keys are wrapped with a master key that is not given"):
        too_early.keys.rewrap()

    assert opened(MasterKey(newest, (*BOTH.older, NEW.current))).keys.rewrap() == 31
