"""Whether somebody shows their second factor: asked wherever a person is let in."""

from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.rules import totp
from services.identity.application.ports import Digests
from services.identity.application.resident import AccessStream
from services.identity.domain import factor_refusals, second_factor
from services.identity.domain.second_factor import (
    RECOVERY_CODES,
    MissSecondFactor,
    SecondFactorCommand,
    SecondFactorEvent,
    UseRecoveryCode,
    UseStep,
)
from services.identity.domain.values import Role

SecondFactorStream = Stream[SecondFactorCommand, second_factor.SecondFactor, SecondFactorEvent]
_NO_STAFF = frozenset({Role.RESIDENT, Role.VOLUNTEER})
_SECRET = 20
"""Bytes of the secret of an app (RFC 4226, R6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """What is asked of those who log in. `required`: of all who are more than residents and volunteers."""

    stream: SecondFactorStream
    access: AccessStream
    digests: Digests
    required: bool

    def check(self, party_id: str, typed: str, at: datetime, context: Context) -> None:
        """Let pass whoever shows their second factor, or has none and needs none. What is shown counts once.

        Refuses SECOND_FACTOR_NEEDED, SECOND_FACTOR_REFUSED, SECOND_FACTOR_TO_BE_SET_UP, SECOND_FACTOR_CLOSED.
        """
        factor = self.stream.load(party_id).state
        if not factor.asked:
            if self.required and self.is_staff(party_id, at):
                raise factor_refusals.second_factor_is_to_be_set_up()
            return
        self.prove(party_id, factor.enrolment_id, typed, at, context)

    def prove(self, party_id: str, enrolment_id: str, typed: str, at: datetime, context: Context) -> None:
        """Take the digits of the app, or a recovery code; count what is neither."""
        if not typed:
            raise factor_refusals.second_factor_is_needed()
        # Without the id of the request: what is shown counts once, also for a repetition.
        alone = replace(context, actor=party_id, request_id=None, request_digest=None)
        shown = self._shown(party_id, enrolment_id, typed, at)
        self.stream.handle(party_id, shown, alone)
        if isinstance(shown, MissSecondFactor):
            raise factor_refusals.second_factor_is_refused()

    def has(self, party_id: str) -> bool:
        """Whether a person is asked for one."""
        return self.stream.load(party_id).state.asked

    def is_staff(self, party_id: str, at: datetime) -> bool:
        """Whether a person is more than a resident or a volunteer."""
        grants = self.access.load(party_id).state.held(at).values()
        return any(grant.role not in _NO_STAFF for grant in grants)

    def secret_of(self, enrolment_id: str) -> bytes:
        """The secret of an app. It is made anew where it is needed, and kept nowhere."""
        halves = (self.digests.digest(f"secret of a second factor, {n}", enrolment_id) for n in (1, 2))
        return bytes.fromhex("".join(halves))[:_SECRET]

    def recovery_codes(self, enrolment_id: str) -> list[str]:
        """The codes on paper: 64 bits each."""
        digests = (
            self.digests.digest(f"recovery code {number}", enrolment_id) for number in range(RECOVERY_CODES)
        )
        return [f"{each[:4]}-{each[4:8]}-{each[8:12]}-{each[12:16]}" for each in digests]

    def step(self, enrolment_id: str, typed: str, at: datetime) -> int | None:
        """The step whose digits were typed."""
        digits = "".join(typed.split())
        return totp.step_shown(self.secret_of(enrolment_id), digits, at) if digits.isdecimal() else None

    def _shown(self, party_id: str, enrolment_id: str, typed: str, at: datetime) -> SecondFactorCommand:
        if (step := self.step(enrolment_id, typed, at)) is not None:
            return UseStep(party_id=party_id, step=step, at=at)
        if (number := self._number(enrolment_id, typed)) is not None:
            return UseRecoveryCode(party_id=party_id, number=number, at=at)
        return MissSecondFactor(party_id=party_id, at=at)

    def _number(self, enrolment_id: str, typed: str) -> int | None:
        bare = "".join(each for each in typed.lower() if each.isalnum()).encode()
        codes = self.recovery_codes(enrolment_id)
        found = [n for n, code in enumerate(codes) if compare_digest(code.replace("-", "").encode(), bare)]
        return found[0] if found else None
