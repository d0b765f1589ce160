"""One-time codes for one address: asked for, sent, guessed at a few times, used once.

The code itself is in no event: it follows from its id and a secret of ours (`application/code.py`), so there
is nothing to steal. The stream is that of an address, by its keyed digest, whether or not anybody has it:
so what is asked and guessed counts for the address, in whatever process, and however often one restarts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import join_refusals as refusals
from services.identity.domain.preferences import Language, NoticeChannel

LASTS = timedelta(minutes=10)
"""How long a code counts."""
TRIES = 5
"""Wrong guesses after which a code counts no more."""
MOST, WINDOW = 5, timedelta(hours=1)
"""So many codes may be asked for at one address within a time: so an address gets 25 guesses an hour."""


class CodePurpose(StrEnum):
    """What a code is for; it counts for nothing else."""

    SIGN_UP = "sign_up"
    LOG_IN = "log_in"
    RECOVER = "recover"
    CONFIRM = "confirm"
    REPLACED = "replaced"
    """For nothing: a message by which whoever had an address learns that another one replaced it."""

    @property
    def for_known(self) -> bool:
        """Whether it goes only to somebody who has confirmed the address."""
        return self in {CodePurpose.LOG_IN, CodePurpose.RECOVER}


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequested:
    """Somebody asked for a code at an address. `keeping` is whose key enciphers it: that of an hour."""

    code_id: str
    purpose: CodePurpose
    channel: NoticeChannel
    language: Language
    address: Personal
    keeping: str
    requested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReleased:
    """It is for somebody who has confirmed the address: it will be sent, and counts from now on."""

    code_id: str
    released_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """It was handed to the channel."""

    code_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeNotSent:
    """It is not sent: the channel refused it for good, or it is for nobody."""

    code_id: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMissed:
    """Somebody who has its id guessed wrongly, or asked for what was not free."""

    code_id: str
    missed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUsed:
    """Somebody proved with it that they read what is sent to the address."""

    code_id: str
    used_at: datetime


CodeEvent = CodeRequested | CodeReleased | CodeSent | CodeNotSent | CodeMissed | CodeUsed


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that was asked for lately."""

    requested: CodeRequested
    misses: int = 0
    released: bool = False
    settled: bool = False
    used: bool = False

    def counts(self, purpose: CodePurpose, at: datetime) -> bool:
        """Whether it may still be tried for this purpose."""
        asked = self.requested
        in_time = self.misses < TRIES and at < asked.expires_at
        released = self.released or not asked.purpose.for_known
        return purpose is asked.purpose and in_time and released and not self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes of an address, the newest last: those of the last hour before the newest."""

    codes: tuple[Code, ...] = ()

    def code(self, code_id: str) -> Code | None:
        """The one with this id."""
        return next((each for each in self.codes if each.requested.code_id == code_id), None)


# Evolve


def evolve(codes: Codes, event: CodeEvent) -> Codes:
    """The codes after the event."""
    match event:
        case CodeRequested():
            kept = (each for each in codes.codes if _lately(each, event.requested_at))
            return Codes(codes=(*kept, Code(requested=event)))
        case CodeReleased():
            return _changed(codes, event.code_id, lambda code: replace(code, released=True))
        case CodeSent() | CodeNotSent():
            return _changed(codes, event.code_id, lambda code: replace(code, settled=True))
        case CodeMissed():
            return _changed(codes, event.code_id, lambda code: replace(code, misses=code.misses + 1))
        case CodeUsed():
            return _changed(codes, event.code_id, lambda code: replace(code, used=True))


def _lately(code: Code, at: datetime) -> bool:
    return at - code.requested.requested_at < WINDOW


def _changed(codes: Codes, code_id: str, change: Callable[[Code], Code]) -> Codes:
    is_it = [each.requested.code_id == code_id for each in codes.codes]
    changed = (change(each) if it else each for each, it in zip(codes.codes, is_it, strict=True))
    return Codes(codes=tuple(changed))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCode:
    """Have a code sent to an address."""

    code_id: str
    purpose: CodePurpose
    channel: NoticeChannel
    language: Language
    address: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCode:
    """Let a code count that only somebody who has the address gets."""

    code_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleCode:
    """Record what became of the message: no reason, it was sent."""

    code_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissCode:
    """Record a wrong guess."""

    code_id: str
    purpose: CodePurpose
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCode:
    """Use a code that was guessed rightly."""

    code_id: str
    purpose: CodePurpose
    at: datetime


CodeCommand = RequestCode | ReleaseCode | SettleCode | MissCode | UseCode


# Decide


def decide(command: CodeCommand, codes: Codes) -> Sequence[CodeEvent]:
    """A few codes an hour, a few tries for each, one use."""
    match command:
        case RequestCode():
            return [_requested(command, codes)]
        case ReleaseCode():
            known = codes.code(command.code_id)
            released = CodeReleased(code_id=command.code_id, released_at=command.at)
            return [released] if known and not known.released else []
        case SettleCode():
            known = codes.code(command.code_id)
            return [_settled(command)] if known and not known.settled else []
        case MissCode():
            _refuse_void(command, codes)
            return [CodeMissed(code_id=command.code_id, missed_at=command.at)]
        case UseCode():
            _refuse_void(command, codes)
            return [CodeUsed(code_id=command.code_id, used_at=command.at)]


def _requested(command: RequestCode, codes: Codes) -> CodeRequested:
    asked = [each for each in codes.codes if each.requested.purpose is not CodePurpose.REPLACED]
    lately = [each for each in asked if _lately(each, command.at)]
    if command.purpose is not CodePurpose.REPLACED and len(lately) >= MOST:
        again = lately[-MOST].requested.requested_at + WINDOW
        raise refusals.codes_are_too_many(again - command.at)
    return CodeRequested(
        code_id=command.code_id,
        purpose=command.purpose,
        channel=command.channel,
        language=command.language,
        address=command.address,
        keeping=command.address.subject,
        requested_at=command.at,
        expires_at=command.at + LASTS,
    )


def _settled(command: SettleCode) -> CodeEvent:
    if command.reason:
        return CodeNotSent(code_id=command.code_id, reason=command.reason, decided_at=command.at)
    return CodeSent(code_id=command.code_id, sent_at=command.at)


def _refuse_void(command: MissCode | UseCode, codes: Codes) -> None:
    known = codes.code(command.code_id)
    if known is None or not known.counts(command.purpose, command.at):
        raise refusals.code_is_refused()


CODE: Decider[CodeCommand, Codes, CodeEvent] = Decider(
    category="code", initial=Codes(), decide=decide, evolve=evolve
)
