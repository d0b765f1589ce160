"""Snapshots: a convenience for long streams, never the truth."""

from dataclasses import replace
from typing import Any

import pytest

from libs.ledger.errors import UnknownEvent
from libs.ledger.personal import Personal
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.folded import Folded
from libs.ledger.streams.snapshots import Snapshots
from libs.ledger.streams.stream import Stream, handle_many
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import INITIAL, MAILBOX, Event, Mailbox, Open, Put, State, context, evolve
from libs.testkit.eventually import eventually
from libs.testkit.losing import lose_all_behind


@pytest.fixture
def long(ledger: Ledger) -> Mailboxes:
    stream = Stream(ledger, MAILBOX, snapshot_every=10)
    stream.handle("11", Open(owner="resident-1", name="Ada"), context())
    for n in range(25):
        stream.handle("11", Put(letter=f"l-{n}", text=Personal("resident-1", f"No {n}")), context(f"put-{n}"))
    return stream


def stored(ledger: Ledger) -> list[int]:
    with ledger.connection() as connection:
        return [row["version"] for row in connection.execute("SELECT version FROM snapshots").fetchall()]


def test_a_long_stream_is_read_from_its_snapshot(long: Mailboxes, ledger: Ledger) -> None:
    with ledger.connection() as connection:  # so that only the snapshot can tell of them
        connection.execute(
            "UPDATE stored_events SET topic = 'post.gone.v1' WHERE originator_version BETWEEN 11 AND 20"
        )

    loaded = Stream(ledger, MAILBOX, snapshot_every=10).load("11")

    assert stored(ledger) == [20]
    assert loaded == long.load("11")
    assert isinstance(loaded.state, Mailbox)
    assert loaded.state.texts[0].value == "No 0"


def test_a_batch_reads_a_long_stream_from_its_snapshot(
    long: Mailboxes, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that has just started, or somebody was erased: nothing is cached then."""
    monkeypatch.setattr("libs.ledger.streams.stream._AT_ONCE", 5)
    with ledger.connection() as connection:  # so that only the snapshot can tell of them
        connection.execute(
            "UPDATE stored_events SET topic = 'post.gone.v1' WHERE originator_version BETWEEN 11 AND 20"
        )
    fresh = Stream(ledger, MAILBOX, snapshot_every=10)

    [handled] = handle_many(ledger, [(fresh, "11", Put(letter="l-26"), context("put-26"))])

    assert handled.version == 27
    assert handled.state == long.load("11").state


def test_a_repeated_answer_reads_no_more_than_it_says(long: Mailboxes, ledger: Ledger) -> None:
    with ledger.connection() as connection:  # so that whoever reads them fails
        connection.execute("UPDATE stored_events SET topic = 'post.gone.v1' WHERE originator_version < 10")

    again = long.handle("11", Put(letter="l-8", text=Personal("resident-1", "No 8")), context("put-8"))

    assert (again.repeated, again.version, again.revision) == (True, 10, "r10.10")
    assert [type(event).__name__ for event in again.events] == ["LetterPut"]
    with pytest.raises(UnknownEvent):
        _ = again.state


def test_whoever_went_a_long_way_leaves_a_snapshot(
    long: Mailboxes, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade the snapshots of the release before say nothing."""
    monkeypatch.setattr("libs.ledger.streams.states._LONG_WAY", 1)
    with ledger.connection() as connection:
        connection.execute("UPDATE snapshots SET fingerprint = 'of yesterday', version = 10")

    loaded = Stream(ledger, MAILBOX, snapshot_every=10).load("11")

    assert stored(ledger) == [26]
    assert Stream(ledger, MAILBOX, snapshot_every=10).load("11") == loaded == long.load("11")


def test_a_stream_is_read_page_by_page(
    long: Mailboxes, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.ledger.streams.states._PAGE", 3)
    fresh = Stream(ledger, MAILBOX, snapshot_every=10_000)

    assert fresh.load("11") == long.load("11")
    again = fresh.handle("11", Put(letter="l-20", text=Personal("resident-1", "No 20")), context("put-20"))
    assert (again.repeated, again.version) == (True, 22)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE snapshots SET body = set_byte(body, 40, (get_byte(body, 40) + 1) % 256)",
        "UPDATE snapshots SET version = 21",
        "UPDATE snapshots SET position = position + 1",
        "INSERT INTO snapshots SELECT 'mailbox-12', version, position, fingerprint, body FROM snapshots",
    ],
    ids=["altered", "of another version", "of another position", "of another stream"],
)
def test_a_forged_snapshot_is_not_believed(long: Mailboxes, ledger: Ledger, forgery: str) -> None:
    other = Stream(ledger, MAILBOX, snapshot_every=10_000)
    other.handle("12", Open(owner="resident-1", name="Bo"), context("open-12"))
    for n in range(22):
        other.handle("12", Put(letter=f"m-{n}"), context(f"m-{n}"))
    with ledger.connection() as connection:
        connection.execute(forgery)

    fresh = Stream(ledger, MAILBOX, snapshot_every=10)

    assert fresh.load("11") == long.load("11")
    assert fresh.load("12") == other.load("12")


def test_a_snapshot_of_a_history_that_was_lost_is_not_used(long: Mailboxes, ledger: Ledger) -> None:
    assert stored(ledger) == [20]
    lose_all_behind(ledger.settings.dsn, 15, elsewhere=True)
    eventually(lambda: ledger.life.number > 1, "it has noticed")
    other = Stream(ledger, MAILBOX, snapshot_every=10_000)
    for n in range(10):
        other.handle("11", Put(letter=f"after-{n}"), context(f"after-{n}"))

    fresh = Stream(ledger, MAILBOX, snapshot_every=10)

    assert fresh.load("11").version == 25
    assert fresh.load("11").state == other.load("11").state


def test_requests_of_before_the_snapshot_are_remembered(long: Mailboxes, ledger: Ledger) -> None:
    fresh = Stream(ledger, MAILBOX, snapshot_every=10)

    again = fresh.handle("11", Put(letter="l-3", text=Personal("resident-1", "No 3")), context("put-3"))

    assert (again.repeated, again.version) == (True, 5)


def test_snapshots_are_enciphered_and_erased_like_events(long: Mailboxes, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        row = connection.execute("SELECT body FROM snapshots").fetchone()
    assert row is not None
    assert b"No 3" not in row["body"]

    ledger.keys.destroy("resident-1")

    state = Stream(ledger, MAILBOX, snapshot_every=10).load("11").state
    assert isinstance(state, Mailbox)
    assert {text.value for text in state.texts} == {None}


def test_a_snapshot_of_other_code_is_not_used(long: Mailboxes, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        connection.execute("UPDATE snapshots SET fingerprint = 'of yesterday', body = 'nonsense'")

    loaded = Stream(ledger, MAILBOX, snapshot_every=10).load("11")

    assert loaded.version == 26


def test_a_state_that_cannot_be_stored_exactly_has_no_snapshots(ledger: Ledger) -> None:
    class Loose:
        pass

    def fold(state: Loose, event: Event) -> Loose:
        return state

    assert Snapshots.where_possible(ledger, replace(MAILBOX, initial=Loose(), evolve=fold)) is None  # type: ignore[arg-type]  # another state on purpose
    assert Snapshots.where_possible(ledger, MAILBOX) is not None


def test_one_such_state_leaves_the_others_their_snapshots(long: Mailboxes, ledger: Ledger) -> None:
    class Loose:
        pass

    def fold(state: State, event: Event) -> State | Loose:
        return evolve(state, event)

    snapshots = Snapshots.where_possible(ledger, replace(MAILBOX, evolve=fold))  # type: ignore[arg-type]  # a wider state on purpose
    assert snapshots is not None
    folded: Folded[Any] = long.states.newest("mailbox-11")

    snapshots.save("mailbox-12", folded)
    snapshots.save("mailbox-13", replace(folded, state=Loose()))

    assert len(stored(ledger)) == 2


def test_a_decider_without_types_has_no_snapshots(ledger: Ledger) -> None:
    def fold(state, event):  # type: ignore[no-untyped-def]  # on purpose
        return evolve(state, event)

    assert Snapshots.where_possible(ledger, replace(MAILBOX, evolve=fold)) is None


def test_a_snapshot_that_cannot_be_kept_fails_no_command(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room left")

    monkeypatch.setattr(Snapshots, "save", fail)
    stream = Stream(ledger, MAILBOX, snapshot_every=1)

    assert stream.handle("11", Open(owner="resident-1", name="Ada"), context()).version == 1


def test_the_initial_state_is_where_a_stream_begins(ledger: Ledger) -> None:
    initial: State = Stream(ledger, MAILBOX).load("nobody").state

    assert initial == INITIAL
