"""What becomes of a code on its way: taken, refused, too late; and its address, which is forgotten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.notify.channel import ChannelAway, Outgoing, Refused, TryLater
from libs.query.ration import Ration, Rations
from services.identity.application.code import Address
from services.identity.application.code_sending import CodeSending
from services.identity.domain.code import (
    CODE,
    LASTS,
    CodeEvent,
    CodeNotSent,
    CodePurpose,
    CodeReleased,
    CodeRequested,
    Codes,
    CodeSent,
    CodeUsed,
    RequestCode,
    UseCode,
)
from services.identity.domain.code_hour import CODE_HOUR, CodeHour, ForgetAddresses, hour_of, over_at
from services.identity.domain.preferences import Language, NoticeChannel

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
EMAIL = NoticeChannel.EMAIL


@dataclass
class Town:
    """One address with its codes, the view of what waits, a channel, and a clock."""

    now: datetime = NOON
    codes: Codes = field(default_factory=Codes)
    hour: CodeHour = field(default_factory=CodeHour)
    events: list[CodeEvent] = field(default_factory=list)
    got: list[Outgoing] = field(default_factory=list)
    trouble: Exception | None = None
    owners: dict[str, str] = field(default_factory=dict)
    cleared: list[datetime] = field(default_factory=list)

    def asks(self, code_id: str, purpose: CodePurpose = CodePurpose.SIGN_UP) -> None:
        self.handle(
            "a-1",
            RequestCode(
                code_id=code_id,
                purpose=purpose,
                channel=EMAIL,
                language=Language.EN,
                address=Personal(hour_of(self.now), "mei@example.org"),
                at=self.now,
            ),
        )

    def load(self, _address_id: str) -> Any:
        return SimpleNamespace(state=self.codes)

    def handle(self, _id: str, command: Any, _context: Context | None = None) -> Any:
        if isinstance(command, ForgetAddresses):
            forgotten = CODE_HOUR.decide(command, self.hour)
            self.hour = CodeHour(forgotten=True)
            return SimpleNamespace(events=forgotten)
        events = CODE.decide(command, self.codes)
        for event in events:
            self.codes = CODE.evolve(self.codes, event)
        self.events += events
        return SimpleNamespace(events=events)

    def due(self, _limit: int) -> Sequence[tuple[str, str]]:
        return [(each.requested.code_id, "a-1") for each in self.codes.codes if not each.settled]

    def over(self, now: datetime) -> Sequence[str]:
        return [hour_of(NOON)] if now >= over_at(NOON) else []

    def send(self, message: Outgoing) -> None:
        if self.trouble:
            raise self.trouble
        self.got.append(message)

    def clock(self) -> datetime:
        return self.now

    def digest(self, _purpose: str, text: str) -> str:
        return text.encode().hex().zfill(32)[:32]

    def reached(self, address: Address) -> str:
        return self.owners.get(address.text, "")


@pytest.fixture(name="town")
def _town() -> Town:
    return Town()


@pytest.fixture(name="sending")
def _sending(town: Town) -> Iterator[CodeSending]:
    ports: Any = town
    made = CodeSending(
        stream=ports,
        hours=ports,
        digests=ports,
        reads=ports,
        channels={EMAIL: ports},
        clock=town.clock,
        told=lambda *_: None,
        reached=town.reached,
        rations=Rations(town.clock, Ration(3, timedelta(minutes=10))),
        clear=town.cleared.append,
    )
    yield made
    made.close()


def works(sending: CodeSending) -> None:
    """One round, until all that it began has ended."""
    sending.work(lambda: None)
    sending.drain()


def outcomes(town: Town) -> list[str]:
    """What is recorded of messages."""
    return [
        each.reason if isinstance(each, CodeNotSent) else "sent"
        for each in town.events
        if isinstance(each, CodeSent | CodeNotSent)
    ]


def test_a_code_is_sent_once_and_its_id_is_not_in_the_message(town: Town, sending: CodeSending) -> None:
    town.asks("c-1")

    works(sending)
    town.now += timedelta(minutes=1)
    works(sending)

    [message] = town.got
    assert message.address == "mei@example.org"
    assert "c-1" not in message.id + message.title + message.text
    assert outcomes(town) == ["sent"]


def test_what_the_channel_does_not_take_is_tried_again_until_it_is_too_late(
    town: Town, sending: CodeSending
) -> None:
    town.asks("c-1")
    town.trouble = TryLater("451 4.3.0")
    for _ in range(3):
        works(sending)
        town.now += timedelta(seconds=10)
    assert outcomes(town) == []

    town.trouble = None
    works(sending)
    assert outcomes(town) == ["sent"]

    town.asks("c-2")
    town.trouble = ChannelAway("timeout")
    works(sending)
    town.now += LASTS
    works(sending)
    assert outcomes(town) == ["sent", "too late"]


def test_what_the_channel_refuses_is_not_tried_again(town: Town, sending: CodeSending) -> None:
    town.asks("c-1")
    town.trouble = Refused("550 5.1.1")

    works(sending)

    assert outcomes(town) == ["550 5.1.1"]


@pytest.mark.parametrize("purpose", [CodePurpose.LOG_IN, CodePurpose.RECOVER])
def test_a_code_for_those_who_are_known_goes_where_they_confirmed(
    town: Town, sending: CodeSending, purpose: CodePurpose
) -> None:
    town.asks("c-1", purpose)
    works(sending)
    assert (town.got, outcomes(town)) == ([], ["nobody here has the address"])

    town.owners["mei@example.org"] = "Mei@Example.org"
    town.asks("c-2", purpose)
    works(sending)
    assert [each.address for each in town.got] == ["Mei@Example.org"]


def test_a_code_for_those_who_are_known_counts_from_when_it_is_on_its_way(
    town: Town, sending: CodeSending
) -> None:
    town.asks("c-1", CodePurpose.LOG_IN)
    use = UseCode(code_id="c-1", purpose=CodePurpose.LOG_IN, at=town.now)
    with pytest.raises(Refusal):
        town.handle("a-1", use)
    town.owners["mei@example.org"] = "mei@example.org"

    works(sending)
    town.handle("a-1", use)

    kinds = [type(each) for each in town.events]
    assert kinds == [CodeRequested, CodeReleased, CodeSent, CodeUsed]


def test_codes_for_nobody_use_up_no_ration_and_what_is_beyond_it_waits(
    town: Town, sending: CodeSending
) -> None:
    for number in range(4):
        town.asks(f"nobody-{number}", CodePurpose.LOG_IN)
    works(sending)
    town.owners["mei@example.org"] = "mei@example.org"
    town.now += timedelta(hours=1)
    for number in range(4):
        town.asks(f"c-{number}", CodePurpose.LOG_IN)

    works(sending)
    assert len(town.got) == 3
    town.now += timedelta(minutes=4)
    works(sending)
    assert len(town.got) == 4


def test_an_hour_is_forgotten_when_its_last_code_is_void(town: Town, sending: CodeSending) -> None:
    town.now = over_at(NOON) - timedelta(seconds=1)
    works(sending)
    assert (town.hour.forgotten, town.cleared) == (False, [])

    town.now += timedelta(seconds=1)
    works(sending)
    assert (town.hour.forgotten, town.cleared) == (True, [datetime(2026, 11, 29, 13, tzinfo=UTC)])


def test_where_channels_were_switched_off_codes_are_settled_and_addresses_forgotten(
    town: Town, sending: CodeSending
) -> None:
    town.asks("c-1")
    silent = replace(sending, channels={})

    works(silent)
    assert (town.got, outcomes(town)) == ([], ["the channel was switched off"])

    town.now = over_at(NOON)
    works(silent)
    assert town.hour.forgotten
