"""Use cases of one-time codes: ask for one, and prove with it that one reads what is sent to an address.

Eight digits that follow from the code's id and a secret of ours: no event, no view and no log has them. The
id goes to whoever asked, the digits to the address, and only both together count.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from hmac import compare_digest

from libs.ledger.ids import new_id
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.query.ration import Rations
from libs.query.throttle import Throttle
from libs.rules.phone_numbers import is_e164
from services.identity.application.ports import Digests
from services.identity.domain import code, join_refusals, refusals
from services.identity.domain.code import (
    CodeCommand,
    CodeEvent,
    CodePurpose,
    CodeRequested,
    MissCode,
    RequestCode,
    UseCode,
)
from services.identity.domain.code_hour import hour_of
from services.identity.domain.preferences import Language, NoticeChannel, is_mailbox

CodeStream = Stream[CodeCommand, code.Codes, CodeEvent]
_DIGITS = 8
IN_ALL = "all"
"""Whose the ration of all together is."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message can go: a mailbox or a phone number. Its representation does not show it."""

    channel: NoticeChannel
    text: str = field(repr=False)

    def check(self) -> None:
        """Refuse (EMAIL_UNFIT, PHONE_UNFIT) what no message can be sent to."""
        if self.channel is NoticeChannel.EMAIL and not is_mailbox(self.text):
            raise refusals.email_is_unfit()
        if self.channel is NoticeChannel.SMS and not is_e164(self.text):
            raise refusals.phone_is_unfit()

    @property
    def normal(self) -> str:
        """What makes it the same one again: nobody has two mailboxes that differ in case."""
        return f"{self.channel.value}:{self.text.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A code as somebody typed it, and where they say that it was sent to."""

    code_id: str
    address: Address
    typed: str = field(repr=False)


def digits_of(digests: Digests, code_id: str) -> str:
    """The code itself. It is made anew where it is needed, and kept nowhere."""
    return f"{int(digests.digest('one-time code', code_id), 16) % 10**_DIGITS:0{_DIGITS}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What can be done with codes. `rations`: how many are asked for by a caller and in all.

    Those that go only to somebody who is known count among all where they are sent (`CodeSending`): else
    whoever asks for addresses that nobody has would keep everybody from logging in.
    """

    stream: CodeStream
    digests: Digests
    throttle: Throttle
    rations: Rations
    offered: Collection[NoticeChannel]

    def request(
        self,
        purpose: CodePurpose,
        address: Address,
        language: Language,
        at: datetime,
        context: Context,
        caller: str,
    ) -> CodeRequested:
        """Have a code sent. `caller`: the network address that the call comes from.

        It is the same work whether or not anybody has the address: that is looked up when it is sent.
        """
        address.check()
        if address.channel not in self.offered:
            raise refusals.channel_is_not_offered(
                address.channel.value, sorted(each.value for each in self.offered)
            )
        command = RequestCode(
            code_id=new_id(),
            purpose=purpose,
            channel=address.channel,
            language=language,
            address=Personal(hour_of(at), address.text),
            at=at,
        )
        whose, granted = (caller, "" if purpose.for_known else IN_ALL), False
        self.rations.take(*whose)
        try:
            [requested] = self.stream.handle(self.id_of(address), command, context).events
            assert isinstance(requested, CodeRequested)  # noqa: S101  # what this command comes to
            granted = requested.code_id == command.code_id
            return requested
        finally:
            if not granted:  # it was refused, or a request that had its code before
                self.rations.give_back(*whose)

    def check(self, proof: Proof, purpose: CodePurpose, at: datetime, context: Context, caller: str) -> None:
        """Refuse (CODE_REFUSED, TOO_MANY_ATTEMPTS) a wrong code. One that is right must still be used.

        A wrong guess is recorded, so that five of them end the code, whatever process they come to.
        """
        address_id = self.id_of(proof.address)
        with self.throttle.attempt(address_id, caller) as attempt:
            known = self.stream.load(address_id).state.code(proof.code_id)
            typed = "".join(each for each in proof.typed if each.isdecimal())
            right = compare_digest(digits_of(self.digests, proof.code_id), typed)
            if known is None or not right:
                self.miss(proof, purpose, at, context)
                raise join_refusals.code_is_refused()
            if not known.used and not known.counts(purpose, at):
                raise join_refusals.code_is_refused()
            attempt.succeeded = True

    def miss(self, proof: Proof, purpose: CodePurpose, at: datetime, context: Context) -> None:
        """Count a try for nothing. Refuses CODE_REFUSED where there is no code to count it for."""
        # Without the id of the request: a repetition is another try, and the answer to none.
        alone = replace(context, request_id=None, request_digest=None)
        missed = MissCode(code_id=proof.code_id, purpose=purpose, at=at)
        self.stream.handle(self.id_of(proof.address), missed, alone)

    def using(self, proof: Proof, purpose: CodePurpose, at: datetime) -> tuple[CodeStream, str, UseCode]:
        """What uses a code, to be recorded together with what it is used for."""
        using = UseCode(code_id=proof.code_id, purpose=purpose, at=at)
        return self.stream, self.id_of(proof.address), using

    def warning(self, address: Address, proof: Proof, at: datetime) -> tuple[CodeStream, str, RequestCode]:
        """What tells an address that another one replaced it, in the language that was asked for there."""
        known = self.stream.load(self.id_of(proof.address)).state.code(proof.code_id)
        warning = RequestCode(
            code_id=new_id(),
            purpose=CodePurpose.REPLACED,
            channel=address.channel,
            language=known.requested.language if known else Language.ZH,
            address=Personal(hour_of(at), address.text),
            at=at,
        )
        return self.stream, self.id_of(address), warning

    def id_of(self, address: Address) -> str:
        """The stream of an address."""
        return self.digests.digest("address of codes", address.normal)
