"""Many writers, two processes' worth of ledgers, and readers that tail: nothing skipped, nothing doubled."""

import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.streams.stream import Handled
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import Event, LetterPut, Open, Put, State, context
from libs.testkit import patience


def in_parallel(threads: int, work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work, n) for n in range(threads)]:
            future.result()


def versions(ledger: Ledger) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in ledger.read(limit=100_000):
        found.setdefault(one.stream, []).append(one.version)
    return found


def test_writers_racing_on_the_same_streams_leave_them_dense(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, ledger: Ledger
) -> None:
    for n in range(4):
        mailboxes.handle(f"{n}", Open(owner=f"resident-{n}", name="Ada"), context())
    put = 0
    counted = threading.Lock()

    def write(worker: int) -> None:
        nonlocal put
        stream = (mailboxes, others_mailboxes)[worker % 2]
        dice = random.Random(worker)
        for n in range(25):
            with contextlib.suppress(Refusal):  # after three conflicts: told to try again
                stream.handle(f"{dice.randrange(4)}", Put(letter=f"{worker}-{n}"), context())
                with counted:
                    put += 1

    in_parallel(16, write)

    by_stream = versions(ledger)
    assert all(found == list(range(1, len(found) + 1)) for found in by_stream.values())
    assert sum(map(len, by_stream.values())) == put + 4
    letters = [one.event.letter for one in ledger.read(limit=10_000) if isinstance(one.event, LetterPut)]
    assert len(letters) == len(set(letters))


def test_one_of_many_creates_and_the_rest_get_its_answer(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, ledger: Ledger
) -> None:
    answers: list[Handled[State, Event]] = []

    def create(worker: int) -> None:
        stream = (mailboxes, others_mailboxes)[worker % 2]
        command = Open(owner="resident-1", name="Ada")
        answers.append(stream.handle("11", command, context("open-11"), expect_new=worker % 3 == 0))

    in_parallel(16, create)

    assert len({answer.revision for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert ledger.head() >= 1
    assert len(ledger.read()) == 1


def test_a_tailing_reader_misses_nothing_that_many_processes_append(
    ledger: Ledger, open_ledger: Callable[[], Ledger]
) -> None:
    writers = [open_ledger() for _ in range(6)]  # each commits on a connection of its own
    seen: list[int] = []
    done = threading.Event()

    def tail() -> None:
        after = 0
        while True:
            ended = done.is_set()
            page = ledger.read(after=after, limit=100)
            seen.extend(one.position for one in page)
            if page:
                after = page[-1].position
            elif ended:
                return
            else:
                ledger.wait(after, timeout=0.2)

    def write(worker: int) -> None:
        for n in range(40):
            metadata = context().metadata(utc_now())
            events = [(LetterPut(letter=f"{n}.{k}"), metadata) for k in range(1 + n % 30)]
            draft = Draft(stream=f"mailbox-{worker}-{n}", expected_version=0, events=events)
            writers[worker % 6].append(Append(drafts=[draft]))

    reader = threading.Thread(target=tail)
    reader.start()
    in_parallel(12, write)
    done.set()
    reader.join()

    assert seen == [one.position for one in ledger.read(limit=100_000)]
    assert len(seen) == 12 * sum(1 + n % 30 for n in range(40))


def test_readers_wake_for_what_two_processes_append(ledger: Ledger, other_ledger: Ledger) -> None:
    for n in range(20):
        writer, reader = (ledger, other_ledger) if n % 2 else (other_ledger, ledger)
        before = reader.head()
        metadata = context().metadata(utc_now())
        draft = Draft(stream=f"mailbox-{n}", expected_version=0, events=[(LetterPut(letter="x"), metadata)])

        writer.append(Append(drafts=[draft]))

        assert reader.wait(before, timeout=patience.seconds(10))
