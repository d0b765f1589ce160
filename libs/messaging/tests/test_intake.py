"""What the broker brings takes effect once and in order; what is missing is asked for, not too often."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.errors import LedgerUnavailable
from libs.messaging.intake import Delivered, Intake
from libs.messaging.progress import Handled
from libs.messaging.tests.stored import Shared, Store
from libs.messaging.tests.town import SIGNER, SOURCE, Town, key_of, sequences
from libs.telemetry import metrics
from libs.testkit.eventually import eventually
from libs.testkit.examples import examples

PATIENCE = 3.0


def test_a_gap_is_asked_for_once_until_patience_ends(town: Town) -> None:
    town.count(1, 2, 3, 4)
    clock = Clock()
    intake = Intake(town.inbox(), "counter", SOURCE, key_of, patience=PATIENCE, clock=clock)
    early = _delivered(town.batch(after=sequences(town.batch())[1]))

    first, second = intake.take(early), intake.take(early)
    clock.now += PATIENCE
    third = intake.take(early)

    assert first == exchange_pb2.Rewind(source=SOURCE, consumer="tally", after=0)
    assert (second, third) == (None, first)


def test_whoever_waits_behind_a_long_queue_does_not_have_the_same_published_again_and_again(
    town: Town,
) -> None:
    town.count(1, 2, 3, 4)
    clock = Clock()
    intake = Intake(town.inbox(), "counter", SOURCE, key_of, patience=PATIENCE, clock=clock)
    early = _delivered(town.batch(after=sequences(town.batch())[1]))

    requests = []
    for _ in range(40):
        requests.append(intake.take(early))
        clock.now += PATIENCE

    assert sum(request is not None for request in requests) < 15
    assert any(requests[-5:]), "but a request that was lost is made again"


def test_the_end_of_an_answer_asks_for_the_rest_at_once(town: Town) -> None:
    town.count(1, 2, 3, 4)
    all_of_it = sequences(town.batch())
    intake = Intake(town.inbox(), "counter", SOURCE, key_of, clock=Clock())
    intake.take(_delivered(town.batch(after=all_of_it[2])))

    intake.take(_delivered(town.batch(limit=2), again=True))
    request = intake.take(_delivered(_end(all_of_it[-1]), again=True))

    assert request == exchange_pb2.Rewind(source=SOURCE, consumer="tally", after=all_of_it[1])


def test_the_end_of_an_answer_that_brought_nothing_asks_for_nothing(town: Town) -> None:
    town.count(1, 2, 3, 4)
    intake = Intake(town.inbox(), "counter", SOURCE, key_of, clock=Clock())
    intake.take(_delivered(town.batch(after=sequences(town.batch())[2])))

    request = intake.take(_delivered(_end(sequences(town.batch())[-1]), again=True))

    assert request is None


def test_an_open_gap_is_seen_until_it_is_filled_or_others_have_the_queue(town: Town) -> None:
    town.count(1, 2, 3, 4)
    clock = Clock()
    intake = Intake(town.inbox(), "counter", SOURCE, key_of, patience=PATIENCE, clock=clock)
    seen = [_gap_is_open()]
    intake.take(_delivered(town.batch(after=sequences(town.batch())[1])))
    seen.append(_gap_is_open())
    clock.now += 100 * PATIENCE  # nothing comes any more
    seen.append(_gap_is_open())
    intake.take(_delivered(town.batch(after=sequences(town.batch())[1])))
    seen.append(_gap_is_open())
    intake.take(_delivered(town.batch()))
    seen.append(_gap_is_open())

    assert seen == [False, True, False, True, False]


def test_who_hangs_on_a_batch_falls_behind_and_who_lost_the_queue_measures_no_more(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = town.inbox()
    intake = Intake(inbox, "counter", SOURCE, key_of)
    town.count(1)
    intake.take(_delivered(town.batch()))
    level = _late()

    def fail(_batch: feed.Batch) -> Handled:
        raise LedgerUnavailable("the database does not answer")

    town.count(2)
    monkeypatch.setattr(inbox, "handle", fail)
    with pytest.raises(LedgerUnavailable):
        intake.take(_delivered(town.batch()))
    eventually(lambda: (_late() or 0) > 0)
    intake.rest()

    assert (level, _late()) == (0, None)


def test_who_hangs_on_its_first_batch_is_seen_to_be_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.count(1)
    inbox = town.inbox()
    monkeypatch.setattr(inbox, "handle", lambda _: 1 // 0)
    intake = Intake(inbox, "counter", SOURCE, key_of)

    with pytest.raises(ZeroDivisionError):
        intake.take(_delivered(town.batch()))

    eventually(lambda: (_late() or 0) > 0)
    intake.rest()
    assert _late() is None


def _late() -> float | None:
    pattern = r'^linli_reader_lag_seconds{reader="inbox.counter",service="tally"} (\S+)$'
    found = re.search(pattern, metrics.exposition().decode(), re.MULTILINE)
    return float(found.group(1)) if found else None


def _gap_is_open() -> bool:
    line = 'linli_inbox_gap_open{service="tally",source="counter"} 1.0'
    return line in metrics.exposition().decode()


def test_messages_that_are_no_batches_of_the_neighbour_are_left_out(town: Town) -> None:
    intake = Intake(town.inbox(), "counter", SOURCE, key_of)
    stranger = feed.Batch(source="linli://elsewhere/counter", after=0, until=9)

    assert intake.take(Delivered(body=b"\xff\xff")) is None
    assert intake.take(_delivered(stranger)) is None

    assert town.tally.ledger.checkpoint(SOURCE) == 0


# -- any deliveries at all come to the same, with a bounded number of requests ---------------------

EVENTS = 40
STEP = 3
"""Events a batch, published live or again."""
ANSWER = 4
"""Batches an answer."""

DONE = (
    st.tuples(st.just("record"), st.integers(1, 6)),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("double"), st.integers(0, 5)),
    st.tuples(st.just("swap"), st.integers(0, 5)),
    st.tuples(st.just("answer"), st.just(0)),
    st.tuples(st.just("lose request"), st.just(0)),
    st.tuples(st.just("other consumer"), st.just(0)),
    st.tuples(st.just("new consumer"), st.just(0)),
    st.tuples(st.just("wait"), st.just(0)),
)
ACTIONS = st.lists(st.one_of(*DONE), max_size=60)
WITH_RELEASES = st.lists(st.one_of(*DONE, st.tuples(st.just("release"), st.integers(0, 2))), max_size=60)
OLDER, NEWER, OTHER = frozenset({"counted"}), frozenset({"counted", "marked"}), frozenset({"marked"})
"""What releases of the consumer react to; some do not react to all that the one before did."""


@examples(150)
@given(actions=ACTIONS)
def test_whatever_is_lost_doubled_or_out_of_order_all_comes_to_effect_once(
    actions: Sequence[tuple[str, int]],
) -> None:
    world = World()
    for name, number in actions:
        world.do(name, number)
    before = len(world.asked)

    world.calm_down()

    assert [sequence for _, sequence in world.store.effects] == world.wanted
    to_repair = EVENTS // (STEP * ANSWER) + 1
    assert len(world.asked) - before <= 2 * (to_repair + 2)


@examples(200)
@given(actions=WITH_RELEASES)
def test_whatever_releases_follow_each_other_each_type_takes_effect_once_and_in_order(
    actions: Sequence[tuple[str, int]],
) -> None:
    world = World()
    for name, number in actions:
        world.do(name, number)
    before = len(world.asked)
    world.do("release", 1)

    world.calm_down()

    for kind in NEWER:
        assert world.effects(kind) == [n for n in world.recorded if _kind(n) == kind]
    to_repair = EVENTS // (STEP * ANSWER) + 1
    assert len(world.asked) - before <= 4 * (to_repair + 2)


@examples(80)
@given(actions=ACTIONS)
def test_a_request_has_a_gap_an_answer_or_a_long_wait_before_it(actions: Sequence[tuple[str, int]]) -> None:
    world = World()
    for name, number in actions:
        world.do(name, number)

    begun = world.consumers + world.repaired
    assert len(world.asked) <= begun + world.answers + len(world.intakes) * world.waits


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class World:
    """A ledger whose positions have gaps, its relay, a broker that loses and doubles, and two consumers."""

    def __init__(self, release: frozenset[str] = OLDER) -> None:
        self.release = release
        self.clock = Clock()
        self.store = Store()
        self.recorded: list[int] = []
        self.queue: deque[Delivered] = deque()
        self.requests: deque[exchange_pb2.Rewind] = deque()
        self.asked: list[int] = []
        self.waits = self.answers = self.repaired = 0
        self.consumers = 2
        self.published = 0
        self.intakes = [self._consumer(), self._consumer()]

    def do(self, name: str, number: int) -> None:
        """One thing that may happen."""
        match name:
            case "record":
                self._record(number)
            case "deliver":
                self._take(number)
            case "answer":
                self._answer()
            case "lose request" if self.requests:
                self.requests.popleft()
            case "other consumer":
                self.intakes.reverse()
            case "new consumer":
                self.intakes[0] = self._consumer()
                self.consumers += 1
            case "release":
                self.release = (OLDER, NEWER, OTHER)[number]
                self.intakes[0] = self._consumer()
            case "wait":
                self.clock.now += PATIENCE
                self.waits += 1
            case _:
                self._disturb(name, number)

    def calm_down(self) -> None:
        """From now on nothing is lost; the relay says now and then how far it is."""
        self._record(1)
        for _ in range(200):
            while self.queue:
                self._take(0)
                self._answer()
            if self.done:
                return
            self.clock.now += PATIENCE
            end = self.recorded[-1]
            self.queue.append(_delivered(_end(end)))

    @property
    def wanted(self) -> list[int]:
        """What is to take effect: most of it, not all, is for this consumer."""
        return [sequence for sequence in self.recorded if _kind(sequence) in self.release]

    @property
    def done(self) -> bool:
        """Whether all of it has taken effect."""
        return self.wanted == sorted(n for kind in self.release for n in self.effects(kind))

    def effects(self, kind: str) -> list[int]:
        """Which events of a type took effect, in the order in which they did."""
        return [sequence for each, sequence in self.store.effects if each == kind]

    def _consumer(self) -> Intake:
        return Intake(
            Shared(self.store, self.release), "counter", SOURCE, key_of, patience=PATIENCE, clock=self.clock
        )

    def _record(self, many: int) -> None:
        for _ in range(min(many, EVENTS - len(self.recorded))):
            self.recorded.append((self.recorded[-1] if self.recorded else 0) + 1 + len(self.recorded) % 3)
        while self.published < (self.recorded[-1] if self.recorded else 0):
            batch = self._batch(self.published)
            self.queue.append(_delivered(batch))
            self.published = batch.until
        if self.recorded:
            self.queue.append(_delivered(_end(self.recorded[-1])))

    def _batch(self, after: int, types: Collection[str] = ()) -> feed.Batch:
        found = [sequence for sequence in self.recorded if sequence > after][:STEP]
        events = [
            feed.Event(id=str(n), source=SOURCE, type=_kind(n), sequence=n)
            for n in found
            if not types or _kind(n) in types
        ]
        until = found[-1] if found else after
        return feed.Batch(source=SOURCE, after=after, until=until, head=until, events=events, types=types)

    def _take(self, number: int) -> None:
        if not self.queue:
            return
        self.queue.rotate(-(number % len(self.queue)))
        delivered = self.queue.popleft()
        intake = self.intakes[0]
        asked = intake._asked
        request = intake.take(delivered)
        self.repaired += asked is not None and intake._asked is None
        if request is not None:
            self.asked.append(request.after)
            self.requests.append(request)

    def _answer(self) -> None:
        if not self.requests:
            return
        after, types = self.requests[-1].after, self.requests[-1].types
        self.requests.clear()  # a relay answers the newest of a consumer's requests
        for _ in range(ANSWER):
            batch = self._batch(after, types)
            if batch.until == after:
                break
            self.queue.append(_delivered(batch, again=True))
            after = batch.until
        self.queue.append(_delivered(_end(self.published, types), again=True))
        self.answers += 1

    def _disturb(self, name: str, number: int) -> None:
        if not self.queue:
            return
        at = number % len(self.queue)
        if name == "lose":
            del self.queue[at]
        elif name == "double":
            self.queue.append(self.queue[at])
        else:
            self.queue[at], self.queue[-1] = self.queue[-1], self.queue[at]


def _delivered(batch: feed.Batch, *, again: bool = False) -> Delivered:
    return Delivered(body=SIGNER.seal(batch), again=again)


def _end(position: int, types: Collection[str] = ()) -> feed.Batch:
    return feed.Batch(source=SOURCE, after=position, until=position, head=position, types=types)


def _kind(sequence: int) -> str:
    return ("other", "counted", "counted", "marked", "counted")[sequence % 5]
