"""A clock that is wrong stores nothing and fires nothing."""

import time
from datetime import datetime, timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.errors import ClockSkewed
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Checkpoint, Context, Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.timekeeper import Timekeeper, steady_seconds
from libs.ledger.streams.stream import Stream, handle_many
from libs.ledger.tests import mailbox
from libs.testkit.clocks import START, HandClock
from libs.testkit.eventually import eventually


class Steady:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _passes(clock: HandClock, steady: Steady, seconds: float) -> None:
    clock.advance(seconds=seconds)
    steady.seconds += seconds


def test_a_clock_that_agrees_is_trusted() -> None:
    clock = HandClock(START)
    keeper = Timekeeper(clock, Steady())

    assert keeper.compare(START, START) == ""
    assert keeper.compare(START, START + timedelta(seconds=1.9)) == ""
    assert keeper.look() == ""


@pytest.mark.parametrize(("seconds", "side"), [(864_000, "ahead of"), (-3, "behind")])
def test_a_clock_that_differs_is_told_with_by_how_much(seconds: int, side: str) -> None:
    keeper = Timekeeper(HandClock(START), Steady())

    trouble = keeper.compare(START, START - timedelta(seconds=seconds))

    assert f"{abs(seconds):,} s {side} the database's" in trouble
    assert keeper.skew == seconds


def test_an_answer_that_took_long_proves_no_difference() -> None:
    clock = HandClock(START)
    keeper = Timekeeper(clock, Steady())
    asked = clock()
    clock.advance(seconds=40)

    assert keeper.compare(asked, START + timedelta(seconds=20)) == ""


def test_after_a_jump_clocks_wait_as_long_as_it_was_wide() -> None:
    clock, steady = HandClock(START), Steady()
    keeper = Timekeeper(clock, steady)

    clock.advance(seconds=30)

    assert "jumped 30 s forward" in keeper.look()
    _passes(clock, steady, 29)
    assert keeper.look()
    _passes(clock, steady, 2)
    assert keeper.look() == ""


def test_ten_seconds_of_a_clock_ten_days_ahead_fire_nothing() -> None:
    clock, steady = HandClock(START), Steady()
    keeper = Timekeeper(clock, steady)

    clock.advance(days=10)
    ahead = keeper.look()
    _passes(clock, steady, 10)
    still = keeper.look()
    clock.advance(days=-10)
    back = keeper.look()

    assert ahead
    assert still
    assert "864,000 s back" in back
    _passes(clock, steady, 601)
    assert keeper.look() == ""


def test_time_that_passes_slowly_or_in_leaps_of_our_own_is_no_jump() -> None:
    clock, steady = HandClock(START), Steady()
    keeper = Timekeeper(clock, steady)

    for seconds in (0.5, 3600, 86_400):
        _passes(clock, steady, seconds)
        assert keeper.look() == ""


def test_a_system_without_a_clock_of_the_time_since_boot_has_a_steady_clock_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)

    first, second = steady_seconds(), steady_seconds()

    assert 0.0 < first <= second


def test_a_comparison_is_trusted_for_a_second() -> None:
    clock, steady = HandClock(START), Steady()
    keeper = Timekeeper(clock, steady)
    assert not keeper.trusted()

    keeper.compare(START, START)

    assert keeper.trusted()
    _passes(clock, steady, 1.0)
    assert keeper.trusted()
    _passes(clock, steady, 0.1)
    assert not keeper.trusted()


@pytest.mark.parametrize("seconds", [864_000, 25, -25, 0.2])
def test_a_clock_that_jumped_since_the_comparison_is_not_trusted(seconds: float) -> None:
    clock = HandClock(START)
    keeper = Timekeeper(clock, Steady())
    keeper.compare(START, START)

    clock.advance(seconds=seconds)

    assert not keeper.trusted()


@pytest.mark.parametrize("seconds", [864_000, 25, -25])
def test_a_clock_that_jumps_while_the_database_is_asked_is_not_trusted(seconds: float) -> None:
    clock = HandClock(START)
    keeper = Timekeeper(clock, Steady())

    clock.advance(seconds=seconds)
    keeper.compare(START, START)

    assert not keeper.trusted()


def test_a_clock_that_is_found_wrong_is_not_trusted_any_more() -> None:
    keeper = Timekeeper(HandClock(START), Steady())
    keeper.compare(START, START)

    keeper.compare(START, START + timedelta(seconds=3))

    assert not keeper.trusted()


def test_many_refusals_ask_the_database_for_the_time_once(dsn: str) -> None:
    clock = HandClock(utc_now())
    settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0, listen=False)
    keeper = Timekeeper(clock, Steady())
    with Ledger.connect(settings, mailbox.EVENTS, MasterKey(bytes(32)), keeper) as ledger:

        def asked() -> int:
            return ledger._datastore.pool.get_stats()["requests_num"]

        ledger.refuse_skewed()
        before = asked()
        for _ in range(20):
            ledger.refuse_skewed()

        assert asked() == before
        clock.advance(days=10)
        with pytest.raises(ClockSkewed, match="ahead of the database's"):
            ledger.refuse_skewed()


def test_a_command_decided_by_a_wrong_clock_is_refused_and_stores_nothing(dsn: str) -> None:
    clock = HandClock(utc_now() + timedelta(days=10))
    settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0)
    with Ledger.connect(settings, mailbox.EVENTS, MasterKey(bytes(32)), Timekeeper(clock)) as ledger:
        mailboxes = Stream(ledger, mailbox.MAILBOX, clock=clock)
        opening = mailbox.Open(owner="resident-1", name="Ada")

        with pytest.raises(ClockSkewed, match="ahead of the database's"):
            mailboxes.handle("b-1", opening, Context(actor="alice"))

        assert ledger.head() == 0
        assert "ahead of the database's" in ledger.clock_trouble()
        assert "ahead of the database's" in eventually(lambda: ledger.trouble(1.0), "it is not ready")
        clock.set(utc_now())
        assert mailboxes.handle("b-1", opening, Context(actor="alice")).version == 1


def test_nobody_is_refused_for_good_by_a_wrong_clock(dsn: str) -> None:
    clock = HandClock(utc_now() - timedelta(days=10))
    settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0)
    with Ledger.connect(settings, mailbox.EVENTS, MasterKey(bytes(32)), Timekeeper(clock)) as ledger:
        mailboxes = Stream(ledger, mailbox.MAILBOX, clock=clock)
        to_nobody = (mailboxes, "b-2", mailbox.Put(letter="l-1"), Context(actor="alice"))

        with pytest.raises(ClockSkewed, match="behind the database's"):
            mailboxes.handle("b-1", mailbox.Empty(), Context(actor="alice"))
        with pytest.raises(ClockSkewed, match="behind the database's"):
            handle_many(ledger, [to_nobody])

        clock.set(utc_now())
        with pytest.raises(Refusal, match="MAILBOX_UNKNOWN"):
            mailboxes.handle("b-1", mailbox.Empty(), Context(actor="alice"))


@pytest.mark.parametrize("days", [10, -10])
def test_an_append_with_effects_has_none_while_the_clock_is_wrong(dsn: str, days: int) -> None:
    clock, effects = HandClock(utc_now() + timedelta(days=days)), list[str]()
    settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0)
    with Ledger.connect(settings, mailbox.EVENTS, MasterKey(bytes(32)), Timekeeper(clock)) as ledger:
        pair = (mailbox.LetterPut(letter="l-1"), Context(actor="clock").metadata(utc_now()))
        put = Append(
            drafts=[Draft(stream="mailbox-b-1", expected_version=0, events=[pair])],
            checkpoint=Checkpoint("linli://demo/cases", 7),
            effects=[lambda _cursor: effects.append("took place")],
        )

        with pytest.raises(ClockSkewed, match="the database's"):
            ledger.append(put)

        assert (ledger.head(), ledger.checkpoint("linli://demo/cases"), effects) == (0, 0, [])
        clock.set(utc_now())
        ledger.append(put)
        assert (ledger.head(), ledger.checkpoint("linli://demo/cases"), effects) == (1, 7, ["took place"])


def test_an_append_that_was_long_on_its_way_is_stored(dsn: str) -> None:
    def slowly() -> datetime:
        return utc_now() - timedelta(seconds=on_the_way.pop() if on_the_way else 0)

    on_the_way: list[float] = []
    settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0)
    with Ledger.connect(settings, mailbox.EVENTS, MasterKey(bytes(32)), Timekeeper(slowly)) as ledger:
        on_the_way = [30.0, 30.0]
        mailboxes = Stream(ledger, mailbox.MAILBOX)

        assert mailboxes.handle("b-1", mailbox.Open(owner="r-1", name="Ada"), Context(actor="a")).version == 1
        assert on_the_way == []


def test_a_recorded_time_never_goes_back(ledger: Ledger, dsn: str) -> None:
    mailboxes = Stream(ledger, mailbox.MAILBOX)
    mailboxes.handle("b-1", mailbox.Open(owner="resident-1", name="Ada"), Context(actor="alice"))
    for letter in range(20):
        mailboxes.handle("b-1", mailbox.Put(letter=f"l-{letter}"), Context(actor="alice"))

    recorded = [event.recorded_at for event in ledger.read()]

    assert recorded == sorted(recorded)
    assert abs((recorded[-1] - utc_now()).total_seconds()) < 60
