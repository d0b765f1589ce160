"""A source that lost events, or lives on from an earlier moment, is noticed; nothing is skipped silently."""

from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from psycopg.conninfo import make_conninfo

from libs.ledger.decider import Refusal
from libs.messaging import reconcile
from libs.messaging.feed import FeedApi
from libs.messaging.histories import HistoryChanged
from libs.messaging.inbox import Inbox
from libs.messaging.local import LocalDelivery
from libs.messaging.progress import Handled, Rewind
from libs.messaging.schema import migrate
from libs.messaging.tests.town import SOURCE, Town, later, lose_all_behind
from libs.messaging.translate import Source
from libs.runtime.bundled.postgres import ensure_role
from libs.runtime.tests.example.tally import NEWER
from libs.testkit.following import Caller

TEN_DAYS = 864_000.0
MARKED = "linli.example.v1.Marked"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["the same files", "another place"])
def test_new_events_at_known_positions_are_not_taken_for_known_ones(
    town: Town, inbox: Inbox, elsewhere: bool
) -> None:
    lose_all_behind(town, 3, elsewhere=elsewhere)
    town.count(10, 20)

    with pytest.raises(HistoryChanged, match="has another history") as found:
        inbox.handle(town.batch())

    assert "run `linli tally sources reconcile linli://test/counter`" in str(found.value)
    assert inbox.changed.keys() == {SOURCE}
    assert town.steps() == (1, 2, 3, 4, 5)


def test_a_source_that_only_lost_events_is_noticed_before_it_records_any(
    town: Town, inbox: Inbox, a_minute_passes: Callable[[], None]
) -> None:
    lose_all_behind(town, 3)
    a_minute_passes()

    with pytest.raises(HistoryChanged, match="and ends at 3"):
        inbox.handle(later(town.batch(3)))


def test_a_relay_whose_clock_was_ahead_for_a_while_does_not_hide_that_events_were_lost(
    town: Town, inbox: Inbox, a_minute_passes: Callable[[], None]
) -> None:
    inbox.handle(later(town.batch(5), TEN_DAYS))
    lose_all_behind(town, 3)
    a_minute_passes()

    with pytest.raises(HistoryChanged, match="and ends at 3"):
        inbox.handle(later(town.batch(3)))


def test_an_old_batch_of_a_relay_whose_clock_is_ahead_is_no_other_history(town: Town) -> None:
    town.count(1, 2)
    old = town.batch()
    town.count(3, 4, 5)
    town.inbox().handle(town.batch())
    started_again = town.inbox()

    assert started_again.handle(later(old, TEN_DAYS)) == Handled(5)
    assert started_again.changed == {}


def test_an_incarnation_that_began_too_early_is_noticed_at_once(town: Town, inbox: Inbox) -> None:
    lose_all_behind(town, 3, elsewhere=True)

    with pytest.raises(HistoryChanged, match=r"incarnation \d+, which began behind 3, and ends at 3"):
        inbox.handle(town.batch(3))


def test_a_source_that_has_grown_past_us_in_the_meantime_is_noticed(town: Town, inbox: Inbox) -> None:
    lose_all_behind(town, 3)
    town.count(10, 20, 30, 40)

    for after in (0, 3, 4, 5):
        with pytest.raises(HistoryChanged):
            inbox.handle(town.batch(after))
    assert town.steps() == (1, 2, 3, 4, 5)


def test_a_consumer_that_starts_anew_notices_too(town: Town, inbox: Inbox) -> None:
    inbox.flush()
    lose_all_behind(town, 3)
    town.count(10, 20, 30)

    with pytest.raises(HistoryChanged):
        town.inbox().handle(town.batch(5))


def test_a_move_that_lost_nothing_goes_on_without_a_word(town: Town, inbox: Inbox) -> None:
    lose_all_behind(town, 5, elsewhere=True)
    town.count(6)

    assert inbox.handle(town.batch(5)) == Handled(6)
    assert inbox.handle(town.batch(0)) == Handled(6)
    assert town.counter.ledger.life.number > 1
    assert len(town.steps()) == 6


@pytest.mark.parametrize(
    ("elsewhere", "more"),
    [(False, 0), (False, 3), (True, 3)],
    ids=["the same files", "the same files, longer than before", "another place"],
)
def test_a_type_that_is_new_here_takes_nothing_of_another_history(
    town: Town, inbox: Inbox, elsewhere: bool, more: int
) -> None:
    inbox.flush()
    lose_all_behind(town, 3, elsewhere=elsewhere)
    town.mark()
    town.count(*[10] * more)
    newer = town.inbox(NEWER)

    for after, limit in ((0, 2), (0, 4), (0, 500), (3, 1), (3, 500)):
        with suppress(HistoryChanged):
            newer.handle(town.past(Rewind(SOURCE, after, (MARKED,)), limit))
    with suppress(HistoryChanged):
        LocalDelivery(newer, [town.counter.source]).carry()

    assert town.marks() == []
    assert town.steps() == (1, 2, 3, 4, 5)


def test_an_old_answer_about_a_type_that_is_new_here_is_no_other_history(town: Town, inbox: Inbox) -> None:
    inbox.flush()
    newer = town.inbox(NEWER)
    old = town.past(newer.behind(SOURCE), limit=2)
    town.mark()
    newer.handle(town.batch(5))

    outcome = newer.handle(old)

    assert outcome == Handled(6, newer.behind(SOURCE))
    assert newer.changed == {}
    assert newer.handle(town.past(newer.behind(SOURCE))) == Handled(6)
    assert len(town.marks()) == 1


def test_an_old_batch_from_the_queue_is_no_other_history(town: Town, inbox: Inbox) -> None:
    old = town.batch(0, 3)
    town.count(6)
    inbox.handle(town.batch())

    assert inbox.handle(old) == Handled(6)


def test_an_operator_sees_what_was_taken_and_goes_on(town: Town, inbox: Inbox) -> None:
    lose_all_behind(town, 3)
    town.count(10, 20)
    with pytest.raises(HistoryChanged):
        inbox.handle(town.batch())

    taken = reconcile.taken_beyond(town.tally.ledger, SOURCE, 3)
    reconcile.go_on(town.tally.ledger, SOURCE, 3, by="olga", reason="restored from last night")

    assert (taken.stored.checkpoint, taken.count.total()) == (5, 2)
    assert [event.metadata.origin for event in taken.first] == [f"{SOURCE}#4", f"{SOURCE}#5"]
    assert inbox.handle(town.batch()) == Handled(town.counter.ledger.head())
    assert inbox.changed == {}
    with town.tally.ledger.connection() as connection:
        rows = connection.execute("SELECT * FROM reconciliations").fetchall()
    assert [(row["source"], row["position_before"], row["position"], row["decided_by"]) for row in rows] == [
        (SOURCE, 5, 3, "olga")
    ]


def test_a_decision_counts_at_once_for_a_source_that_records_nothing_new(
    town: Town, inbox: Inbox, a_minute_passes: Callable[[], None]
) -> None:
    inbox.flush()
    lose_all_behind(town, 3)
    a_minute_passes()
    with pytest.raises(HistoryChanged):
        inbox.handle(later(town.batch(3)))
    inbox.handle(town.batch(3))
    assert inbox.changed.keys() == {SOURCE}

    reconcile.go_on(town.tally.ledger, SOURCE, 3, by="olga", reason="the snapshot of last night")
    inbox.handle(town.batch(3))

    assert inbox.changed == {}
    assert inbox.position(SOURCE) == 3


@pytest.mark.parametrize(
    ("source", "position", "code"),
    [("linli://test/nobody", 0, "SOURCE_UNKNOWN"), (SOURCE, 6, "POSITION_AHEAD")],
)
def test_a_decision_about_nothing_is_refused(
    town: Town, inbox: Inbox, source: str, position: int, code: str
) -> None:
    inbox.flush()

    with pytest.raises(Refusal) as refused:
        reconcile.go_on(town.tally.ledger, source, position, by="olga", reason="a typing error")

    assert refused.value.code == code


def test_one_source_that_changed_does_not_hold_up_the_others(town: Town, inbox: Inbox) -> None:
    lose_all_behind(town, 3)
    changed = town.counter.source
    other = Source("counter", "other", town.counter.ledger, town.counter.service.publish)

    LocalDelivery(inbox, [changed, other]).carry()

    assert inbox.trouble().startswith("linli://test/counter has another history")
    assert inbox.position("linli://other/counter") == 3


def test_a_partner_who_gives_the_chain_hears_of_another_history(town: Town) -> None:
    town.count(1, 2, 3, 4)
    feeds = FeedApi({"counter": town.counter.live})
    read = feeds.read_events(feed.ReadEventsRequest(source="counter", limit=3), Caller()).batch
    lose_all_behind(town, 2)
    town.count(10, 20, 30)
    again = feed.ReadEventsRequest(source="counter", after=read.until, chain=read.chain_until)

    with pytest.raises(Refusal) as refused:
        feeds.read_events(again, Caller())
    again.chain = b""

    assert refused.value.code == "HISTORY_CHANGED"
    assert feeds.read_events(again, Caller()).batch.after == 3


def test_a_service_cannot_rewrite_what_operators_decided(town: Town) -> None:
    dsn = town.tally.settings.database_url.reveal()
    ensure_role(dsn, "linli_tally")
    migrate(dsn, "tally", town.tally.service.views, role="linli_tally")

    with psycopg.connect(make_conninfo(dsn, user="linli_tally")) as connection:
        connection.execute(
            "INSERT INTO reconciliations (source, position_before, incarnation_before, chain_before,"
            " position, decided_by, reason) VALUES ('linli://test/counter', 1, 1, '', 0, 'olga', 'a test')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE reconciliations SET reason = ''")


def test_what_a_service_puts_in_the_owners_way_is_not_found_by_migrate(town: Town) -> None:
    """A schema named like the owner comes first on the usual search path."""
    dsn = town.tally.settings.database_url.reveal()
    ensure_role(dsn, "linli_tally")
    migrate(dsn, "tally", town.tally.service.views, role="linli_tally")
    with psycopg.connect(make_conninfo(dsn, user="linli_tally"), autocommit=True) as attacker:
        attacker.execute("CREATE SCHEMA linli")
        attacker.execute(
            "CREATE FUNCTION linli.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$"
        )
        attacker.execute("GRANT USAGE ON SCHEMA linli TO PUBLIC")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            attacker.execute("CREATE FUNCTION public.of_ours() RETURNS int LANGUAGE sql AS 'SELECT 1'")

    migrate(dsn, "tally", town.tally.service.views, role="linli_tally")


def test_states_of_a_lost_history_are_not_answered_from_the_cache(town: Town) -> None:
    town.count(1, 2, 3)
    counters = town.counter.streams["counter"]

    lose_all_behind(town, 1)

    assert counters.load("a").version == 1
    town.count(7)
    assert counters.load("a").version == 2
