"""Use cases of second factors: set one up, and have a lost one taken away by two persons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.rules import totp
from services.identity.application.access import Granter
from services.identity.application.login import Logins
from services.identity.application.resident import registered
from services.identity.application.second_factor import SecondFactors
from services.identity.domain import factor_refusals, factor_reset, refusals
from services.identity.domain.access import RevokeSessions
from services.identity.domain.factor_reset import (
    ApproveFactorReset,
    FactorResetCommand,
    FactorResetEvent,
    FactorResetProposed,
    Proposed,
    ProposeFactorReset,
)
from services.identity.domain.second_factor import (
    ConfirmSecondFactor,
    OfferSecondFactor,
    RemoveSecondFactor,
)

FactorResetStream = Stream[FactorResetCommand, factor_reset.FactorReset, FactorResetEvent]
_ISSUER = "Linli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A secret for an app, to be typed or read from a QR code."""

    secret: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolments:
    """What can be done with second factors. `roles_to_grant`: which roles each role may grant."""

    factors: SecondFactors
    resets: FactorResetStream
    logins: Logins
    roles_to_grant: Mapping[str, frozenset[str]]

    def enrol(
        self, name: str, password: str, typed: str, at: datetime, context: Context, caller: str
    ) -> Offered:
        """A secret for whoever knows the password, and shows the factor that they have, if they have one."""
        party_id = self.logins.factor_holder(self.logins.owner(name, password, caller))
        known = self.factors.stream.load(party_id).state
        if known.asked:
            self.factors.prove(party_id, known.enrolment_id, typed, at, context)
        enrolment_id = derived_id(party_id, context.request_id or "")
        offering = OfferSecondFactor(party_id=party_id, enrolment_id=enrolment_id, at=at)
        self.factors.stream.handle(party_id, offering, replace(context, actor=party_id))
        secret = self.factors.secret_of(enrolment_id)
        url = totp.otpauth_url(secret, issuer=_ISSUER, account=name)
        return Offered(secret=totp.base32(secret), url=url)

    def confirm(
        self, name: str, password: str, typed: str, at: datetime, context: Context, caller: str
    ) -> list[str]:
        """Ask for it from now on, once the app has shown its digits; the recovery codes."""
        party_id = self.logins.factor_holder(self.logins.owner(name, password, caller))
        factor = self.factors.stream.load(party_id).state
        enrolment_id = factor.offered or factor.enrolment_id  # the latter: a repeated request
        step = self.factors.step(enrolment_id, typed, at) if enrolment_id else None
        if step is None:
            raise factor_refusals.second_factor_is_refused()
        confirming = ConfirmSecondFactor(party_id=party_id, enrolment_id=enrolment_id, step=step, at=at)
        self.factors.stream.handle(party_id, confirming, replace(context, actor=party_id))
        return self.factors.recovery_codes(enrolment_id)

    def propose_reset(
        self, party_id: str, reason: str, at: datetime, context: Context, granter: Granter
    ) -> FactorResetProposed:
        """Say that a person has lost theirs, as somebody who may grant all that they may do."""
        person = registered(self.logins.residents, party_id)
        if not self.factors.has(party_id):
            raise factor_refusals.there_is_no_second_factor()
        self._check(party_id, granter, at)
        proposing = ProposeFactorReset(
            reset_id=derived_id(context.actor, context.request_id or ""),
            party_id=party_id,
            by=granter.id,
            reason=reason,
            at=at,
        )
        context = replace(context, area=person.area_path or None)
        return _proposed(self.resets.handle(proposing.reset_id, proposing, context))

    def approve_reset(self, reset_id: str, at: datetime, context: Context, granter: Granter) -> str:
        """Agree as the second person: nothing is asked for any more, and the sessions end; the revision."""
        reset = self.resets.load(reset_id).state
        if not isinstance(reset, Proposed):
            raise factor_refusals.factor_reset_is_unknown(reset_id)
        party_id = reset.proposed.party_id
        person = registered(self.logins.residents, party_id)
        self._check(party_id, granter, at)
        if not reset.approved:
            self._check_right(reset.proposed.by, party_id, at)
        context = replace(context, area=person.area_path or None)
        tasks: list[Task] = [
            (self.resets, reset_id, ApproveFactorReset(reset_id=reset_id, by=granter.id, at=at), context),
            (self.factors.stream, party_id, RemoveSecondFactor(party_id=party_id, at=at), context),
            (self.logins.access, party_id, RevokeSessions(party_id=party_id, at=at), context),
        ]
        return handle_many(self.resets.ledger, tasks)[0].revision

    def _check(self, party_id: str, granter: Granter, at: datetime) -> None:
        """The right must be held by the token and by the ledger: a token may be older than its end."""
        person = registered(self.logins.residents, party_id)
        granter.check_all_of(person.area_path, self.logins.access.load(party_id).state, at)
        self._check_right(granter.id, party_id, at)

    def _check_right(self, by: str, party_id: str, at: datetime) -> None:
        """Refuse (ROLE_NOT_YOURS_TO_GRANT) unless somebody may grant now all that a person may do."""
        mine = self.logins.access.load(by).state.held(at).values()
        for grant in self.logins.access.load(party_id).state.held(at).values():
            if not any(
                grant.role.value in self.roles_to_grant[each.role.value] and each.within.covers(grant.within)
                for each in mine
            ):
                raise refusals.role_is_not_yours_to_grant(grant.role)
        if not any(self.roles_to_grant[each.role.value] for each in mine):
            raise refusals.role_is_not_yours_to_grant("RESIDENT")


def _proposed(handled: Handled[factor_reset.FactorReset, FactorResetEvent]) -> FactorResetProposed:
    assert isinstance(handled.state, Proposed)  # noqa: S101  # the command leaves it so
    return handled.state.proposed
