"""Appending, reading and waiting over a real store, with a second process looking on."""

import re
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import Cursor

from libs.ledger.errors import AlreadyHandled, LedgerClosed, VersionConflict
from libs.ledger.personal import Personal, PersonalSealed
from libs.ledger.recorded import Checkpoint, Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.tests.mailbox import LetterPut, MailboxOpened, context
from libs.telemetry import metrics
from libs.testkit import patience


def put(stream: str, *letters: str, after: int = 0) -> Draft:
    metadata = context().metadata(utc_now())
    events = [(LetterPut(letter=letter), metadata) for letter in letters]
    return Draft(stream=stream, expected_version=after, events=events)


def test_events_lie_in_the_order_of_their_append(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a", "b"), put("mailbox-2", "c")]))
    ledger.append(Append(drafts=[put("mailbox-1", "d", after=2)]))

    recorded = ledger.read()

    assert [(one.stream, one.version, one.event.letter) for one in recorded] == [
        ("mailbox-1", 1, "a"),
        ("mailbox-1", 2, "b"),
        ("mailbox-2", 1, "c"),
        ("mailbox-1", 3, "d"),
    ]
    assert [one.position for one in recorded] == sorted(one.position for one in recorded)
    assert (recorded[0].category, recorded[0].subject_id) == ("mailbox", "1")


def test_an_append_answers_with_the_positions_of_its_events(ledger: Ledger) -> None:
    appended = ledger.append(Append(drafts=[put("mailbox-1", "a"), put("mailbox-2", "b", "c")]))

    assert appended.positions == tuple(one.position for one in ledger.read())


def test_reading_goes_on_behind_a_position_up_to_another(ledger: Ledger) -> None:
    positions = ledger.append(Append(drafts=[put("mailbox-1", *"abcdef")])).positions

    assert [one.event.letter for one in ledger.read(after=positions[1], limit=2)] == ["c", "d"]
    assert [one.event.letter for one in ledger.read(after=positions[1], until=positions[3])] == ["c", "d"]
    assert ledger.read(after=positions[-1]) == []


def test_streams_are_read_alone_or_many_at_once(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", *"abc"), put("mailbox-2", *"xy")]))

    assert [one.version for one in ledger.read_stream("mailbox-1", after=1, until=2)] == [2]
    many = ledger.read_streams({"mailbox-1": 2, "mailbox-2": 0, "mailbox-3": 0})
    assert {stream: [one.event.letter for one in found] for stream, found in many.items()} == {
        "mailbox-1": ["c"],
        "mailbox-2": ["x", "y"],
        "mailbox-3": [],
    }


def test_readers_of_the_whole_ledger_get_personal_data_sealed(ledger: Ledger) -> None:
    metadata = context().metadata(utc_now())
    opened = MailboxOpened(owner=Personal("resident-1", "Ada"))
    ledger.append(Append(drafts=[Draft(stream="mailbox-1", expected_version=0, events=[(opened, metadata)])]))

    with pytest.raises(PersonalSealed):
        _ = ledger.read()[0].event.owner.value
    assert ledger.read_stream("mailbox-1")[0].event.owner.value == "Ada"


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_an_append_that_expects_another_version_conflicts(ledger: Ledger, expected: int) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a", "b")]))

    with pytest.raises(VersionConflict):
        ledger.append(Append(drafts=[put("mailbox-1", "c", after=expected)]))

    assert ledger.head() == 2


def test_what_another_process_appended_conflicts_all_the_same(ledger: Ledger, other_ledger: Ledger) -> None:
    other_ledger.append(Append(drafts=[put("mailbox-1", "a")]))

    with pytest.raises(VersionConflict):
        ledger.append(Append(drafts=[put("mailbox-1", "b")]))


def test_a_conflict_in_one_stream_keeps_the_whole_append_out(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a")]))

    with pytest.raises(VersionConflict):
        ledger.append(
            Append(drafts=[put("mailbox-2", "x"), put("mailbox-1", "b")], checkpoint=Checkpoint("up", 3))
        )

    assert ledger.read_stream("mailbox-2") == []
    assert ledger.checkpoint("up") == 0


def test_two_drafts_of_one_stream_must_follow_each_other(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a"), put("mailbox-1", "b", after=1)]))

    with pytest.raises(ValueError, match="do not follow"):
        ledger.append(Append(drafts=[put("mailbox-1", "c", after=2), put("mailbox-1", "d", after=2)]))


def test_a_checkpoint_is_stored_with_its_effects_once(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a")], checkpoint=Checkpoint("catalog", 7, after=0)))

    with pytest.raises(AlreadyHandled):
        ledger.append(Append(drafts=[put("mailbox-1", "b", after=1)], checkpoint=Checkpoint("catalog", 7)))

    assert (ledger.checkpoint("catalog"), ledger.checkpoint("identity"), ledger.head()) == (7, 0, 1)


def test_a_checkpoint_may_move_without_any_event(ledger: Ledger) -> None:
    ledger.append(Append(checkpoint=Checkpoint("catalog", 40)))

    assert ledger.checkpoint("catalog") == 40


def test_a_checkpoint_that_moved_meanwhile_refuses_the_overlap(ledger: Ledger, other_ledger: Ledger) -> None:
    other_ledger.append(Append(checkpoint=Checkpoint("catalog", 5, after=0)))

    with pytest.raises(AlreadyHandled) as raised:
        ledger.append(Append(drafts=[put("mailbox-1", "a")], checkpoint=Checkpoint("catalog", 10, after=0)))

    assert raised.value.stored == 5


def test_effects_are_committed_with_the_events(ledger: Ledger) -> None:
    with ledger.connection() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS done (what text)")

    def note(cursor: Cursor[Any]) -> None:
        cursor.execute("INSERT INTO done VALUES ('a')")

    ledger.append(Append(drafts=[put("mailbox-1", "a")], effects=[note]))

    with ledger.connection() as connection:
        assert connection.execute("SELECT what FROM done").fetchall() == [{"what": "a"}]


def test_an_append_with_effects_measures_how_long_it_waited_for_the_lock(ledger: Ledger) -> None:
    before = lock_waits()

    ledger.append(Append(drafts=[put("mailbox-1", "a")], effects=[lambda _: None]))

    assert lock_waits() == before + 1


def lock_waits() -> float:
    said = re.findall(
        r"^linli_append_lock_seconds_count{.*} (\S+)$", metrics.exposition().decode(), re.MULTILINE
    )
    return sum(map(float, said))


@pytest.mark.parametrize("statement", ["SELECT 1/0", "SELECT * FROM not_there"])
def test_a_failing_effect_refuses_its_append_and_no_other(ledger: Ledger, statement: str) -> None:
    def fail(cursor: Cursor[Any]) -> None:
        cursor.execute(statement)

    with pytest.raises(psycopg.Error):
        ledger.append(Append(drafts=[put("mailbox-1", "a")], checkpoint=Checkpoint("up", 3), effects=[fail]))
    ledger.append(Append(drafts=[put("mailbox-2", "b")]))

    assert [one.stream for one in ledger.read()] == ["mailbox-2"]
    assert ledger.checkpoint("up") == 0


def test_an_effect_that_raises_what_it_likes_rolls_back(ledger: Ledger) -> None:
    class NothingAhead(Exception):
        pass

    def fail(_: Cursor[Any]) -> None:
        raise NothingAhead

    with pytest.raises(NothingAhead):
        ledger.append(Append(drafts=[put("mailbox-1", "a")], effects=[fail]))

    assert ledger.head() == 0


def test_a_waiting_reader_is_woken_by_a_commit_of_its_own_process(ledger: Ledger) -> None:
    woken: list[bool] = []
    reader = threading.Thread(target=lambda: woken.append(ledger.wait(0, timeout=patience.seconds(20))))
    reader.start()

    ledger.append(Append(drafts=[put("mailbox-1", "a")]))
    reader.join(timeout=patience.seconds(10))

    assert woken == [True]


def test_a_waiting_reader_is_woken_by_a_commit_of_another_process(
    ledger: Ledger, other_ledger: Ledger
) -> None:
    woken: list[bool] = []
    reader = threading.Thread(target=lambda: woken.append(ledger.wait(0, timeout=patience.seconds(20))))
    reader.start()

    other_ledger.append(Append(drafts=[put("mailbox-1", "a")]))
    reader.join(timeout=patience.seconds(10))

    assert woken == [True]
    assert ledger.known_head == 1


def test_a_listener_to_news_that_fails_does_not_undo_the_commit(ledger: Ledger) -> None:
    def fail() -> None:
        raise RuntimeError("not my day")

    ledger.on_news(fail)

    ledger.append(Append(drafts=[put("mailbox-1", "a")]))

    assert ledger.head() == 1


def test_waiting_for_nothing_ends_in_time(ledger: Ledger) -> None:
    assert ledger.wait(0, timeout=0.01) is False


def test_closing_wakes_waiting_readers_and_turns_appends_away(ledger: Ledger) -> None:
    woken: list[bool] = []
    reader = threading.Thread(target=lambda: woken.append(ledger.wait(0, timeout=patience.seconds(60))))
    reader.start()

    ledger.close()
    reader.join(timeout=patience.seconds(10))

    assert woken == [False]
    with pytest.raises(LedgerClosed):
        ledger.append(Append(drafts=[put("mailbox-1", "a")]))


def test_a_ledger_goes_on_where_it_was_when_it_is_opened_again(open_ledger: Callable[[], Ledger]) -> None:
    first = open_ledger()
    first.append(Append(drafts=[put("mailbox-1", "a")], checkpoint=Checkpoint("catalog", 7)))
    first.close()

    again = open_ledger()
    again.append(
        Append(drafts=[put("mailbox-1", "b", after=1)], checkpoint=Checkpoint("catalog", 8, after=7))
    )

    assert [(one.position, one.event.letter) for one in again.read()] == [(1, "a"), (2, "b")]
    assert again.known_head == 2


def test_a_connection_that_the_server_ended_is_replaced(ledger: Ledger) -> None:
    ledger.append(Append(drafts=[put("mailbox-1", "a")]))
    with ledger.connection() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    ledger.append(Append(drafts=[put("mailbox-1", "b", after=1)]))

    assert [one.event.letter for one in ledger.read_stream("mailbox-1")] == ["a", "b"]
