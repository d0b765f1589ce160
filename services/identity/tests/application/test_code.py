"""Ten thousand guesses at one address, and what an answer tells: logic and clock, no server."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.query.ration import Ration, Rations
from libs.query.throttle import Throttle
from services.identity.application.code import Address, Codes, Proof, digits_of
from services.identity.domain.code import (
    CODE,
    MOST,
    TRIES,
    CodeEvent,
    CodeMissed,
    CodePurpose,
    CodeUsed,
    ReleaseCode,
)
from services.identity.domain.code import Codes as State
from services.identity.domain.preferences import Language, NoticeChannel

BEGIN = datetime(2026, 11, 29, 9, tzinfo=UTC)
MEI = Address(NoticeChannel.EMAIL, "mei@example.org")
LOG_IN, SIGN_UP = CodePurpose.LOG_IN, CodePurpose.SIGN_UP
NOBODY = Context(actor="anonymous")
GUESSES = 10_000


class Digests:
    """Digests with a secret of the test's own."""

    def digest(self, purpose: str, text: str) -> str:
        return hashlib.sha256(f"a secret|{purpose}|{text}".encode()).hexdigest()[:32]


@dataclass
class Town:
    """Streams of codes, and a clock that the test moves."""

    now: datetime = BEGIN
    states: dict[str, State] = field(default_factory=dict)
    events: list[CodeEvent] = field(default_factory=list)

    def load(self, address_id: str) -> Any:
        return SimpleNamespace(state=self.states.get(address_id, State()))

    def handle(self, address_id: str, command: Any, _context: Context) -> Any:
        state = self.states.get(address_id, State())
        events: Sequence[CodeEvent] = CODE.decide(command, state)
        for event in events:
            state = CODE.evolve(state, event)
        self.states[address_id] = state
        self.events += events
        return SimpleNamespace(events=events)

    def clock(self) -> datetime:
        return self.now

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@pytest.fixture(name="town")
def _town() -> Town:
    return Town()


@pytest.fixture(name="codes")
def _codes(town: Town) -> Codes:
    stream: Any = town
    return Codes(
        stream=stream,
        digests=Digests(),
        throttle=Throttle(town.clock),
        rations=Rations(town.clock, Ration(60, timedelta(minutes=10)), Ration(600, timedelta(minutes=10))),
        offered={NoticeChannel.EMAIL},
    )


def asked(codes: Codes, town: Town, caller: str, address: Address = MEI) -> str:
    """The id of a new code that is on its way; nothing where there is none to be had."""
    try:
        requested = codes.request(LOG_IN, address, Language.EN, town.now, NOBODY, caller)
    except Refusal:
        return ""
    released = ReleaseCode(code_id=requested.code_id, at=town.now)
    town.handle(codes.id_of(address), released, NOBODY)
    return requested.code_id


def wrong(codes: Codes, code_id: str) -> str:
    """Another code than the right one."""
    return f"{(int(digits_of(codes.digests, code_id)) + 1) % 10**8:08d}"


def guess(codes: Codes, town: Town, code_id: str, typed: str, caller: str, address: Address = MEI) -> str:
    """The code of the refusal; nothing where the guess was right and the code is used."""
    proof = Proof(code_id=code_id, address=address, typed=typed)
    try:
        codes.check(proof, LOG_IN, town.now, NOBODY, caller)
        stream, address_id, using = codes.using(proof, LOG_IN, town.now)
        stream.handle(address_id, using, NOBODY)
    except Refusal as refused:
        return refused.code
    return ""


def attacked(codes: Codes, town: Town, *, callers: int) -> None:
    """Somebody asks for codes at Mei's address whenever they can, and makes a wrong guess each second."""
    code_id = ""
    for number in range(GUESSES):
        town.now += timedelta(seconds=1)
        caller = f"203.0.113.{number % callers}"
        code_id = asked(codes, town, caller) or code_id
        assert guess(codes, town, code_id, wrong(codes, code_id), caller) in {
            "CODE_REFUSED",
            "TOO_MANY_ATTEMPTS",
        }


@pytest.mark.parametrize("callers", [1, 5_000])
def test_of_ten_thousand_guesses_at_an_address_25_an_hour_are_looked_at(
    codes: Codes, town: Town, callers: int
) -> None:
    attacked(codes, town, callers=callers)

    hours = GUESSES / 3600 + 1
    assert 0 < town.count(CodeMissed) <= MOST * TRIES * hours
    assert town.count(CodeUsed) == 0


def test_an_attack_uses_up_no_code_of_its_victims(codes: Codes, town: Town) -> None:
    mine = asked(codes, town, "192.0.2.7")
    for number in range(20):
        guess(codes, town, "another-id", "00000000", f"203.0.113.{number}")
    theirs = asked(codes, town, "203.0.113.9")
    for _ in range(TRIES):
        guess(codes, town, theirs, wrong(codes, theirs), "203.0.113.9")

    assert guess(codes, town, mine, digits_of(codes.digests, mine), "192.0.2.7") == ""


def got(codes: Codes, town: Town, purpose: CodePurpose, callers: int, first: str = "c-0") -> int:
    """How many codes so many callers get for as many addresses as they like."""
    granted = 0
    for number in range(2_000):
        caller = f"c-{number % callers}" if callers > 1 else first
        address = replace(MEI, text=f"a{number}-{callers}-{purpose}@b.org")
        try:
            codes.request(purpose, address, Language.EN, town.now, NOBODY, caller)
        except Refusal:
            continue
        granted += 1
    return granted


def test_one_caller_gets_sixty_codes_in_ten_minutes_and_all_together_six_hundred(
    codes: Codes, town: Town
) -> None:
    assert got(codes, town, SIGN_UP, callers=1) == 60
    assert got(codes, town, SIGN_UP, callers=500) == 600 - 60


def test_no_requests_of_others_keep_anybody_from_logging_in(codes: Codes, town: Town) -> None:
    got(codes, town, LOG_IN, callers=500)
    got(codes, town, SIGN_UP, callers=500)

    assert asked(codes, town, "192.0.2.7")


def test_what_was_refused_uses_up_no_ration(codes: Codes, town: Town) -> None:
    for _ in range(1_000):
        asked(codes, town, "c-1")

    assert got(codes, town, LOG_IN, callers=1, first="c-1") == 60 - MOST


def test_an_exhausted_code_answers_a_right_guess_like_a_wrong_one(codes: Codes, town: Town) -> None:
    code_id = asked(codes, town, "c-1")
    for _ in range(TRIES):
        guess(codes, town, code_id, wrong(codes, code_id), "c-1")
    town.now += timedelta(minutes=5)

    answers = [guess(codes, town, code_id, typed(codes, code_id), f"c-{n}") for n, typed in enumerate(TYPED)]

    assert answers == ["CODE_REFUSED"] * 2


def right(codes: Codes, code_id: str) -> str:
    """The code."""
    return digits_of(codes.digests, code_id)


TYPED = (right, wrong)


def test_upper_case_is_the_same_mailbox_and_blanks_do_not_matter(codes: Codes, town: Town) -> None:
    code_id = asked(codes, town, "c-1")
    digits = digits_of(codes.digests, code_id)

    shouted = replace(MEI, text="MEI@Example.ORG")

    assert guess(codes, town, code_id, f" {digits[:4]} {digits[4:]}", "c-1", shouted) == ""


def test_nothing_shows_an_address_or_a_code() -> None:
    proof = Proof(code_id="c", address=MEI, typed="12345678")

    assert "mei" not in repr(proof)
    assert "1234" not in repr(proof)
