"""One reader for all who follow: each hears what they follow, once; a slow one is ended, and resumes."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Recorded
from libs.messaging import live as lives
from libs.messaging.live import Changes, Following, Live
from libs.messaging.stretch import Entry
from libs.messaging.tests.town import Town, lose_all_behind
from libs.messaging.translate import Source
from libs.rpc.pause import Pause
from libs.testkit.eventually import eventually
from libs.testkit.following import Caller


def keys(entry: Entry) -> Iterable[str]:
    """A counter's events are followed by the counter, and by the town."""
    return (entry.event.subject, "town")


def live_of(town: Town, *, kept: int = 10, heartbeat: float = 3600.0) -> Live:
    source = Source("counter", "test", town.counter.ledger, town.counter.service.publish)
    made = Live(source, kept=kept, heartbeat=heartbeat)
    made.sort_by(keys)
    return made


def heard(live: Live, *wanted: str, token: str = "", caller: Caller | None = None) -> Iterator[Changes]:
    """What a caller hears who follows some keys."""
    caller = caller or Caller()
    with live.follow(caller, wanted, token) as following:
        yield from caller.hears(following.changes())


def positions(changes: Iterable[Changes]) -> list[int]:
    return [entry.event.sequence for each in changes for entry in each.entries]


def until(said: Iterator[Changes], many: int) -> list[Changes]:
    """What is heard until there were so many events."""
    taken = list[Changes]()
    while len(positions(taken)) < many:
        taken.append(next(said))
    return taken


class Followed:
    """Somebody who follows something, and takes it when the test says so."""

    def __init__(self, live: Live, *wanted: str, token: str = "") -> None:
        self.caller = Caller()
        self._stack = ExitStack()
        self.following: Following = self._stack.enter_context(live.follow(self.caller, wanted, token))
        self.said = self.caller.hears(self.following.changes())

    def takes(self, many: int) -> list[int]:
        return positions(until(self.said, many))

    def leaves(self) -> None:
        self._stack.close()


@pytest.fixture
def live(town: Town) -> Live:
    return live_of(town)


def test_a_follower_hears_what_they_follow_and_nothing_else(town: Town, live: Live) -> None:
    town.count(1, who="a")
    mine, all_of_it = Followed(live, "counter-a"), Followed(live, "town")

    town.count(2, 3, who="b")
    town.count(4, who="a")

    assert all_of_it.takes(3) == town.published("Counted", "b") + town.published("Counted", "a")[1:]
    assert mine.takes(1) == town.published("Counted", "a")[1:]


def test_an_event_that_matches_twice_is_heard_once(town: Town, live: Live) -> None:
    both = Followed(live, "counter-a", "town")

    town.count(1, 2)

    assert both.takes(2) == town.published("Counted")


def test_a_lazy_follower_is_ended_and_holds_up_nobody(town: Town, live: Live) -> None:
    lazy, keen = Followed(live, "town"), Followed(live, "town")
    begin = lazy.following.token

    for step in range(1, 12):
        town.count(step)
        keen.takes(1)
    with pytest.raises(Refusal) as ended:
        next(lazy.said)

    assert (ended.value.code, ended.value.facts["resume_token"]) == ("FOLLOWER_TOO_SLOW", begin)
    missed = Followed(live, "town", token=ended.value.facts["resume_token"])
    town.count(12)
    assert missed.takes(12) == town.published("Counted")
    assert keen.takes(1) == town.published("Counted")[-1:]


def test_what_a_follower_may_be_behind_is_bounded(town: Town, live: Live) -> None:
    lazy = [Followed(live, "town") for _ in range(50)]
    behind = [each.following._follower for each in lazy]  # what is kept for them

    town.count(*range(1, 30))

    eventually(lambda: all(follower.ended is not None for follower in behind))
    assert [len(follower.events) for follower in behind] == [0] * 50


def test_what_happens_soon_after_a_message_comes_together_unless_it_is_much(
    town: Town, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "GATHER", 3600.0)
    monkeypatch.setattr(lives, "_MOST", 3)
    city = Followed(live, "town")
    waiting, said = city.following._follower.events, city.following.changes()
    town.count(1)
    eventually(lambda: len(waiting) == 1)
    assert positions([_change(next(said))]) == town.published("Counted")

    town.count(2, 3)
    eventually(lambda: len(waiting) == 2)
    assert isinstance(next(said), Pause)
    town.count(4)
    eventually(lambda: len(waiting) == 3)

    assert positions([_change(next(said))]) == town.published("Counted")[1:]


def _change(said: Changes | Pause) -> Changes:
    assert isinstance(said, Changes)
    return said


def test_a_follower_goes_on_by_token_without_gap_or_double(town: Town, live: Live) -> None:
    before = Followed(live, "counter-a")
    town.count(1, 2, who="a")
    before.takes(1)
    token = before.following.token
    before.leaves()
    town.count(3, who="b")
    town.count(4, who="a")

    after = Followed(live_of(town), "counter-a", token=token)  # as another process would
    town.count(5, who="a")

    taken = token.split(".")[1]
    wanted = [position for position in town.published("Counted", "a") if position > int(taken)]
    assert after.following.resumed
    assert after.takes(len(wanted)) == wanted
    assert 2 <= len(wanted) <= 3


def test_a_token_that_ends_at_the_newest_event_is_resumed_with_nothing(town: Town) -> None:
    live = live_of(town, heartbeat=0.01)
    town.count(1)
    token = Followed(live, "town").following.token

    again = Followed(live, "town", token=token)

    assert again.following.resumed
    assert next(again.said) == Changes([], token)


def test_whoever_resumes_hears_of_a_long_absence_in_pieces(town: Town, live: Live) -> None:
    token = Followed(live, "town").following.token
    for _ in range(60):
        town.count(*range(1, 11))

    again = Followed(live, "town", token=token)

    first = next(again.said)
    assert len(first.entries) == 500
    assert positions([first, *until(again.said, 100)]) == town.published("Counted")


def test_a_heartbeat_says_where_to_go_on(town: Town) -> None:
    live = live_of(town, heartbeat=0.01)
    town.count(1)
    said = heard(live, "counter-b")

    first = next(said)
    town.count(2)

    eventually(lambda: next(said).token != first.token, "the token moves with what others do")
    assert not first.entries


@pytest.mark.parametrize(
    "token",
    ["x", "1.5", "1.5.0000000000000000.0000000000000000", "1.-5.0000000000000000.0000000000000000"],
)
def test_a_token_of_something_else_is_refused(live: Live, token: str) -> None:
    with pytest.raises(Refusal) as refused:
        next(heard(live, "town", token=token))

    assert (refused.value.code, refused.value.field) == ("RESUME_TOKEN_INVALID", "resume_token")


def test_a_token_of_another_stream_is_refused(town: Town, live: Live) -> None:
    mine = Followed(live, "counter-a").following.token
    other = Live(Source("counter", "other", town.counter.ledger, town.counter.service.publish))

    for where, wanted in ((live, "counter-b"), (other, "counter-a")):
        with pytest.raises(Refusal, match="RESUME_TOKEN_INVALID: this resume_token is of another stream"):
            next(heard(where, wanted, token=mine))


def test_a_token_of_a_history_that_is_gone_is_refused(town: Town, live: Live) -> None:
    town.count(1, 2, 3)
    followed = Followed(live, "town")
    token = followed.following.token
    followed.leaves()
    lose_all_behind(town, 1)

    with pytest.raises(Refusal, match="POSITION_AHEAD"):
        next(heard(live_of(town), "town", token=token))
    town.count(10, 20, 30)
    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        next(heard(live_of(town), "town", token=token))


def test_whoever_follows_hears_that_the_history_is_another(town: Town, live: Live) -> None:
    town.count(1, 2, 3)
    followed = Followed(live, "town")

    lose_all_behind(town, 1)
    town.count(10, 20, 30)

    with pytest.raises(Refusal) as ended:
        next(followed.said)
    assert ended.value.code in {"HISTORY_CHANGED", "POSITION_AHEAD"}
    anew = Followed(live, "town")
    town.count(40)
    counted = town.published("Counted")
    taken = anew.takes(1)
    while taken[-1] != counted[-1]:  # a follower begins where the reader is, which may be a little behind
        taken += anew.takes(1)
    assert taken == counted[-len(taken) :]


def test_a_token_that_is_too_old_is_refused(town: Town, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    token = Followed(live, "town").following.token
    monkeypatch.setattr(lives, "AGES", 3)
    town.count(1, 2, 3, 4)

    with pytest.raises(Refusal, match="RESUME_TOKEN_OLD"):
        next(heard(live_of(town), "town", token=token))


class Counting:
    """A ledger that counts how often it is read, and fails when told to."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.read_by = list[str]()
        self.fails = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def read(self, after: int, limit: int) -> Sequence[Recorded[Any]]:
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is away")
        self.read_by.append(threading.current_thread().name)
        found: Sequence[Recorded[Any]] = self._ledger.read(after, limit)
        return found


def test_the_ledger_is_read_once_for_all(town: Town) -> None:
    ledger = Counting(town.counter.ledger)
    live = Live(Source("counter", "test", ledger, town.counter.service.publish))
    live.sort_by(keys)
    followed = [Followed(live, "town") for _ in range(50)]

    town.count(1)

    assert all(each.takes(1) == town.published("Counted") for each in followed)
    assert set(ledger.read_by) == {"live-counter"}
    assert len(ledger.read_by) < 10


def test_a_reader_that_fails_tries_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "_LOOK", 0.01)
    ledger = Counting(town.counter.ledger)
    live = Live(Source("counter", "test", ledger, town.counter.service.publish))
    live.sort_by(keys)
    followed = Followed(live, "town")
    ledger.fails = 2

    town.count(1)

    assert followed.takes(1) == town.published("Counted")


def test_keys_that_fail_are_asked_again_and_nothing_is_heard_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "_LOOK", 0.01)
    fails = [True]

    def failing(entry: Entry) -> Iterator[str]:
        if entry.event.subject == "counter-b" and fails:
            fails.pop()
            raise OSError("the disk is away")
        yield from keys(entry)

    live = live_of(town)
    live.sort_by(failing)
    followed = Followed(live, "town")

    town.count(1, who="a")
    town.count(2, who="b")
    town.count(3, who="a")

    assert followed.takes(3) == sorted([*town.published("Counted", "a"), *town.published("Counted", "b")])


def test_followers_hear_when_the_reader_goes_on_failing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "_LOOK", 0.01)
    ledger = Counting(town.counter.ledger)
    live = Live(Source("counter", "test", ledger, town.counter.service.publish))
    followed = Followed(live, "town")
    ledger.fails = 1000

    town.count(1)

    with pytest.raises(OSError, match="the disk is away"):
        next(followed.said)
    ledger.fails = 0


def test_nobody_reads_when_nobody_follows(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "_LOOK", 0.01)
    ledger = Counting(town.counter.ledger)
    live = Live(Source("counter", "test", ledger, town.counter.service.publish))
    live.sort_by(keys)
    first, second = Followed(live, "town"), Followed(live, "town")

    first.leaves()
    second.leaves()

    eventually(lambda: not live._reads, "the reader has gone")  # nobody else sees it
    town.count(1)
    again = Followed(live, "town")
    town.count(2)
    assert again.takes(1) == town.published("Counted")[1:]
    assert live.followers == 1
