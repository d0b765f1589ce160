"""How sending notices outlasts a restore of the ledger, and what a person is sent in what order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.personal import Personal
from libs.ledger.text import Text
from libs.notify.channel import Outgoing
from libs.rules.areas import AreaPath
from libs.testkit import patience
from services.identity.application.delivery import Deliveries
from services.identity.application.lanes import PLACES, Round
from services.identity.application.notice_ports import Ready
from services.identity.domain.delivery import (
    Delivery,
    DeliveryCommand,
    DeliveryPrepared,
    RecordDelivered,
    Waiting,
    decide,
    evolve,
)
from services.identity.domain.preferences import Choice, Language, NoticeChannel
from services.identity.domain.resident import Registered
from services.identity.domain.values import KeyKind
from services.identity.domain.wording import Worded

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Reads:
    """Answers of views, and what they were asked to have seen; after a restore some of it is lost."""

    def __init__(self, code: str = "HISTORY_CHANGED") -> None:
        self.asked: list[str] = []
        self._code = code

    def ready(self, _now: datetime, _limit: int, at_least: str, **_: bool) -> Sequence[Ready]:
        self.asked.append(at_least)
        if at_least == "r40.2":
            raise Refusal(Kind.PRECONDITION, self._code, "it was lost")
        return []

    def due(self, _now: datetime, _limit: int, _at_least: str) -> Sequence[str]:
        return []


def sending(reads: Any) -> Deliveries:
    """The loop in a process that has recorded something at `r40.2`."""
    nothing: Any = None
    offered: Any = SimpleNamespace(offered=frozenset())
    made = Deliveries(
        stream=nothing,
        residents=nothing,
        notices=offered,
        outbox=reads,
        reads=reads,
        channels={},
        clock=lambda: NOON,
        told=nothing,
    )
    made._seen[0] = "r40.2"
    return made


def leads() -> None:
    """This process sends."""


def test_sending_goes_on_after_the_ledger_lost_what_was_recorded_last() -> None:
    reads = Reads()
    deliveries = sending(reads)

    deliveries.work(leads)
    deliveries.work(leads)

    assert reads.asked == ["r40.2", ""]


def test_another_refusal_is_not_swallowed() -> None:
    with pytest.raises(Refusal, match="OTHER"):
        sending(Reads("OTHER")).work(leads)


EMAIL = NoticeChannel.EMAIL
ONE = Worded(title=Text(zh="您的诉求已登记", en="Received"), text=Text(zh="已登记。", en="We received it."))
BY_MAIL = Choice(
    channels=(EMAIL,),
    language=Language.EN,
    time_zone="Asia/Shanghai",
    quiet_hours=None,
    kinds=(),
    email="mei@example.com",
)


def waiting(delivery_id: str, resident_id: str = "mei") -> Waiting:
    prepared = DeliveryPrepared(
        delivery_id=delivery_id,
        resident_id=resident_id,
        notice_ids=("n-1",),
        count=1,
        until=40,
        prepared_at=NOON,
    )
    return Waiting(prepared=prepared, since=NOON, try_at=NOON)


@dataclass
class Town:
    """Deliveries to people who chose mail, a mail server that takes all, and its view of what is due.

    `meanwhile`: what a lane does right after a delivery is looked at.
    """

    states: dict[str, Delivery] = field(default_factory=dict)
    due_now: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    now: datetime = NOON
    meanwhile: DeliveryCommand | None = None

    def load(self, subject_id: str) -> Any:
        if subject_id not in self.states:
            return SimpleNamespace(state=person(subject_id))
        loaded = SimpleNamespace(state=self.states[subject_id])
        if self.meanwhile is not None:
            command, self.meanwhile = self.meanwhile, None
            self.handle(subject_id, command)
        return loaded

    def handle(self, delivery_id: str, command: DeliveryCommand, *_: object) -> Any:
        events = decide(command, self.states[delivery_id])
        for event in events:
            self.states[delivery_id] = evolve(self.states[delivery_id], event)
        return SimpleNamespace(events=events, revision="r41.2")

    def ready(self, *_: object, **__: bool) -> Sequence[Ready]:
        return []

    def due(self, _now: datetime, _limit: int, _at_least: str) -> Sequence[str]:
        return [each for each in self.due_now if isinstance(self.states[each], Waiting)]

    def choice_of(self, _resident_id: str) -> Choice:
        return BY_MAIL

    def in_words(self, *_: object) -> Sequence[Worded]:
        return [ONE]

    @property
    def offered(self) -> frozenset[NoticeChannel]:
        return frozenset({EMAIL})

    def send(self, message: Outgoing) -> None:
        self.got.append(message.id)


def person(resident_id: str) -> Registered:
    named = Personal(resident_id, "Mei")
    return Registered(
        resident_id=resident_id,
        key_kind=KeyKind.NATIONAL_ID,
        key_digest=named,
        name=named,
        phone=named,
        address=named,
        area_id="la",
        area_path=AreaPath("la"),
        registered_at=datetime(2020, 1, 3, tzinfo=UTC),
        birth_date=named,
    )


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def deliveries(town: Town) -> Iterator[Deliveries]:
    ports: Any = town
    made = Deliveries(
        stream=ports,
        residents=ports,
        notices=ports,
        outbox=ports,
        reads=ports,
        channels={EMAIL: ports},
        clock=lambda: town.now,
        told=lambda *_: None,
    )
    yield made
    made.close()


def works(deliveries: Deliveries) -> None:
    """One round, until all that it began has ended."""
    deliveries.work(leads)
    deliveries.drain()


def test_what_is_due_is_sent_once(deliveries: Deliveries, town: Town) -> None:
    town.states, town.due_now = {"d-1": waiting("d-1")}, ["d-1"]

    works(deliveries)
    works(deliveries)

    assert town.got == ["d-1"]


def test_what_a_lane_delivers_while_it_is_looked_at_is_not_sent_again(
    deliveries: Deliveries, town: Town
) -> None:
    town.states, town.due_now = {"d-1": waiting("d-1")}, ["d-1"]
    town.meanwhile = RecordDelivered(channel=EMAIL, at=NOON)

    works(deliveries)

    assert town.got == []


def test_what_comes_later_for_a_person_waits_as_long_as_what_found_no_place(
    deliveries: Deliveries, town: Town
) -> None:
    go_on, others = Event(), Round()
    town.states = {"d-1": waiting("d-1"), "d-2": waiting("d-2"), "d-3": waiting("d-3", "hua")}
    for number in range(PLACES):
        deliveries._lanes.begin(EMAIL, f"other-{number}", lambda: go_on.wait(patience.seconds(30)), others)
    town.due_now = ["d-1"]
    deliveries.work(leads)
    go_on.set()
    deliveries.drain()

    town.now += timedelta(seconds=1)
    town.due_now = ["d-1", "d-2", "d-3"]
    works(deliveries)
    assert town.got == ["d-3"]

    town.now += timedelta(seconds=1)
    works(deliveries)
    works(deliveries)
    assert town.got == ["d-3", "d-1", "d-2"]
