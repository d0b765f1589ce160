"""A revision of a neighbour is judged by the neighbour's histories, not by its position alone."""

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.views.view import ViewBehind
from libs.messaging import reconcile, sources
from libs.messaging.histories import HistoryChanged
from libs.messaging.inbox import Inbox
from libs.messaging.tests.town import SOURCE, Town, lose_all_behind
from libs.messaging.upstream import Upstream
from libs.query.freshness import Fresh

NOW = Fresh(patience=0)
LONG = Fresh(patience=3600)


@pytest.fixture
def upstream(town: Town) -> Upstream:
    """How far the tally has heard the counter."""
    return Upstream(ledger=town.tally.ledger, source=SOURCE)


def ask(upstream: Upstream, token: str, fresh: Fresh = NOW) -> Fresh:
    return upstream.heard(token, "counter_at_least", fresh)


def moved_back(town: Town, inbox: Inbox, *, elsewhere: bool = True) -> None:
    """The counter goes on from its third event, and the consumer has found out."""
    lose_all_behind(town, 3, elsewhere=elsewhere)
    town.count(10, 20)
    with pytest.raises(HistoryChanged):
        inbox.handle(town.batch(3))


def test_what_was_handled_is_there(town: Town, inbox: Inbox, upstream: Upstream) -> None:
    seen = ask(upstream, town.counter.ledger.revision(5), Fresh(patience=7))

    assert town.tally.ledger.seen(seen.at_least).position == town.tally.ledger.head()
    assert ask(upstream, "") == NOW


def test_what_has_not_come_is_waited_for_and_then_called_behind(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    with pytest.raises(ViewBehind, match=f"{SOURCE} has got to 5, 6 was asked for"):
        ask(upstream, town.counter.ledger.revision(6))


def test_what_is_no_revision_is_refused_under_the_name_of_its_field(upstream: Upstream) -> None:
    with pytest.raises(Refusal) as refused:
        ask(upstream, "yesterday")

    assert (refused.value.code, refused.value.field) == ("REVISION_MALFORMED", "counter_at_least")


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another place", "the same files"])
def test_nothing_is_said_of_a_source_that_stands_still_and_both_histories_are_named(
    town: Town, inbox: Inbox, upstream: Upstream, elsewhere: bool
) -> None:
    moved_back(town, inbox, elsewhere=elsewhere)
    new = town.counter.ledger.revision(4)  # five were handled, but not this one

    for token in (new, "r5.1"):
        with pytest.raises(Refusal) as refused:
            ask(upstream, token, LONG)
        assert (refused.value.code, refused.value.kind) == ("SOURCE_CHANGED", Kind.UNAVAILABLE)
        assert refused.value.facts == {"revision": token, "source": SOURCE}
        assert "position 5, incarnation 1, chain" in refused.value.message
        assert f"it has incarnation {town.counter.ledger.life.number}, which began" in refused.value.message


def test_a_revision_of_an_incarnation_that_was_not_heard_of_is_behind(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    lose_all_behind(town, 3, elsewhere=True)
    town.count(10)

    with pytest.raises(ViewBehind):
        ask(upstream, town.counter.ledger.revision(4))


def test_after_the_decision_what_was_lost_is_refused_at_once_and_what_is_new_is_there(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    old = town.counter.ledger.revision(5, 5)
    moved_back(town, inbox)
    town.count(30)
    reconcile.go_on(town.tally.ledger, SOURCE, 3, by="olga", reason="restored from last night")
    inbox.handle(town.batch(3))

    with pytest.raises(Refusal) as refused:
        ask(upstream, old, LONG)

    assert (refused.value.code, refused.value.kind) == ("HISTORY_CHANGED", Kind.PRECONDITION)
    assert refused.value.facts == {"revision": "r5.5", "source": SOURCE}
    assert "what you saw of counter at r5.5, in its incarnation 1, was lost" in refused.value.message
    assert (
        f"incarnation {town.counter.ledger.life.number} of the ledger began behind 3" in refused.value.message
    )
    assert "`counter_at_least`" in refused.value.message
    assert ask(upstream, town.counter.ledger.revision(town.counter.ledger.head()), LONG).at_least
    assert ask(upstream, "r3.3", LONG).at_least


def test_a_consumer_that_had_not_come_so_far_goes_on_and_knows_what_was_lost(
    town: Town, upstream: Upstream
) -> None:
    town.count(1, 2, 3, 4, 5)
    inbox = town.inbox()
    inbox.handle(town.batch(0, 2))
    inbox.flush()
    lose_all_behind(town, 3, elsewhere=True)
    town.count(10, 20, 30)
    town.inbox().handle(town.batch(2))

    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ask(upstream, "r5.5", LONG)
    assert ask(upstream, town.counter.ledger.revision(6), LONG).at_least


def test_who_slept_through_two_moves_knows_both(town: Town, upstream: Upstream) -> None:
    town.count(1, 2, 3, 4, 5)
    inbox = town.inbox()
    inbox.handle(town.batch(0, 2))
    inbox.flush()
    lose_all_behind(town, 3, elsewhere=True)
    town.count(10, 20, 30)
    second = town.counter.ledger.life.number
    lose_all_behind(town, 6, elsewhere=True)
    town.count(40)
    third = town.counter.ledger.life.number
    town.inbox().handle(town.batch(2))

    for lost in ("r5.5", "r4.4"):
        with pytest.raises(Refusal, match=f"incarnation {second} of the ledger began behind 3"):
            ask(upstream, lost, LONG)
    for there in ("r3.3", f"r6.6.{second}", f"r7.7.{third}"):
        assert ask(upstream, there, LONG).at_least
    with pytest.raises(Refusal, match=f"incarnation {third} of the ledger began behind 6"):
        ask(upstream, f"r7.7.{second}", LONG)


def test_an_incarnation_that_the_source_lost_is_lost_here_too(town: Town, upstream: Upstream) -> None:
    town.count(1, 2, 3, 4, 5)
    town.inbox().handle(town.batch(0, 2))
    lose_all_behind(town, 4, elsewhere=True)
    town.count(10, 20)
    lost = town.counter.ledger.revision(5)
    lose_all_behind(town, 3, elsewhere=True)
    town.count(30, 40, 50)
    town.inbox().handle(town.batch(0))

    with pytest.raises(Refusal, match="is itself lost"):
        ask(upstream, lost, LONG)


def test_a_relay_of_the_release_before_tells_its_last_incarnation(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    lose_all_behind(town, 5, elsewhere=True)
    town.count(6)
    batch = town.batch(5)
    del batch.incarnations[:]
    inbox.handle(batch)

    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ask(upstream, "r6.6", LONG)
    assert ask(upstream, town.counter.ledger.revision(6), LONG).at_least


def test_an_old_batch_takes_back_no_incarnation(town: Town, inbox: Inbox, upstream: Upstream) -> None:
    old = town.batch(0, 3)
    lose_all_behind(town, 5, elsewhere=True)
    town.count(6)
    inbox.handle(town.batch(5))
    inbox.handle(old)

    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ask(upstream, "r6.6", LONG)


def test_a_source_that_is_again_what_it_was_answers_again(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    batch = town.batch(5)
    strange = town.batch(5)
    strange.chain_after = strange.chain_until = b"x" * 32
    with pytest.raises(HistoryChanged):
        inbox.handle(strange)
    with pytest.raises(Refusal, match="SOURCE_CHANGED"):
        ask(upstream, "r5.5", LONG)

    inbox.handle(batch)

    assert ask(upstream, "r5.5", LONG).at_least


def test_a_source_that_was_forgotten_is_forgotten_here_too(
    town: Town, inbox: Inbox, upstream: Upstream
) -> None:
    moved_back(town, inbox)
    sources.forget(town.tally.ledger, SOURCE, [], by="olga", reason="it is gone for ever")

    with pytest.raises(ViewBehind):
        ask(upstream, "r1.1")
