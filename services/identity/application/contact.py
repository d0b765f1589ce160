"""Use cases of confirmed addresses: confirm one, log in by it, and recover a login without an operator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.claims import Claimed, Claims
from libs.ledger.streams.stream import Stream, Task, handle_many
from services.identity.application.code import Address, Codes, Proof
from services.identity.application.join_ports import LoginReads
from services.identity.application.login import Logins
from services.identity.application.ports import Token
from services.identity.application.resident import registered
from services.identity.domain import contact, join_refusals, login, refusals
from services.identity.domain.access import RevokeSessions
from services.identity.domain.code import CodePurpose
from services.identity.domain.contact import ConfirmContact, ContactEvent
from services.identity.domain.login import SetPassword
from services.identity.domain.preferences import NoticeChannel
from services.identity.domain.values import TWO_PERSONS

ContactStream = Stream[ConfirmContact, contact.Contact, ContactEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What can be done with confirmed addresses. `claims`: who has one, by channel."""

    stream: ContactStream
    claims: Mapping[NoticeChannel, Claims]
    codes: Codes
    logins: Logins
    reads: LoginReads

    def holder(self, address: Address) -> str | None:
        """Who has confirmed an address."""
        claims = self.claims[address.channel]
        return claims.holder(claims.digest(address.normal))

    def confirming(self, party_id: str, address: Address, at: datetime) -> ConfirmContact:
        """What notes that an address is a person's."""
        return ConfirmContact(
            party_id=party_id,
            channel=address.channel,
            address=address.text,
            digest=self.claims[address.channel].digest(address.normal),
            at=at,
        )

    def reached(self, address: Address) -> str:
        """Where a person is reached who has confirmed an address, as they wrote it; nothing if nobody has."""
        party_id = self.holder(address)
        return self.stream.load(party_id).state.at(address.channel) if party_id else ""

    def confirm(
        self,
        name: str,
        password: str,
        shown: str,
        proof: Proof,
        at: datetime,
        context: Context,
        caller: str,
    ) -> str:
        """Confirm an address of one's own, by password and second factor, too; answers the revision.

        The address that it replaces is told: whoever reads there may not have done it.
        """
        party_id = self.logins.owner(name, password, caller)
        self.codes.check(proof, CodePurpose.CONFIRM, at, context, caller)
        if (self.holder(proof.address) or party_id) != party_id:
            raise join_refusals.address_is_taken()
        self.logins.check_factor(party_id, shown, at, context)
        context = replace(context, actor=party_id)
        tasks: list[Task] = [
            (*self.codes.using(proof, CodePurpose.CONFIRM, at), context),
            (self.stream, party_id, self.confirming(party_id, proof.address, at), context),
        ]
        before = Address(proof.address.channel, self.stream.load(party_id).state.at(proof.address.channel))
        if before.text and before.normal != proof.address.normal:
            tasks.append((*self.codes.warning(before, proof, at), context))
        try:
            return handle_many(self.stream.ledger, tasks)[0].revision
        except Claimed:
            raise join_refusals.address_is_taken() from None

    def log_in(self, proof: Proof, shown: str, at: datetime, context: Context, caller: str) -> Token:
        """A token for whoever has the code, and has shown their second factor."""
        party_id = self._owner(proof, CodePurpose.LOG_IN, shown, at, context, caller)
        stream, address_id, using = self.codes.using(proof, CodePurpose.LOG_IN, at)
        stream.handle(address_id, using, replace(context, actor=party_id))
        return self.logins.token_of(party_id, at)

    def recover(
        self, proof: Proof, password: str, shown: str, at: datetime, context: Context, caller: str
    ) -> str:
        """Give all logins of whoever has the code a new password, and end their sessions; the revision.

        By the survivor's address those of merged registrations, too. Not the reverse: the survivor may have
        got an office since, which a merged registration does not open.
        """
        party_id = self._owner(proof, CodePurpose.RECOVER, shown, at, context, caller)
        context = replace(context, actor=party_id)
        theirs = {party_id, *self.logins.mergers.load(party_id).state.others}
        logins = [(whose, each) for whose in theirs for each in self.reads.of(whose)]
        logins = [(whose, each) for whose, each in logins if self._is_of(each, whose)]
        if not logins:
            raise refusals.login_is_unknown()
        hashed = self.logins.hashing.hash(password)
        tasks: list[Task] = [(*self.codes.using(proof, CodePurpose.RECOVER, at), context)]
        for whose, each in logins:
            setting = SetPassword(password_hash=Personal(whose, hashed), at=at)
            tasks.append((self.logins.stream, each, setting, context))
        # A token names every registration of the person: one that is revoked is revoked for all.
        revoking = RevokeSessions(party_id=party_id, at=at)
        tasks.append((self.logins.access, party_id, revoking, context))
        return handle_many(self.stream.ledger, tasks)[-1].revision

    def _owner(
        self, proof: Proof, purpose: CodePurpose, shown: str, at: datetime, context: Context, caller: str
    ) -> str:
        """Whose address it is, by a code that is right. Refuses CODE_REFUSED, CODE_NOT_ENOUGH."""
        self.codes.check(proof, purpose, at, context, caller)
        party_id = self.holder(proof.address)
        if party_id is None:
            raise join_refusals.code_is_refused()
        registered(self.logins.residents, party_id)
        for grant in self.logins.access.load(party_id).state.held(at).values():
            if grant.role in TWO_PERSONS and not self.logins.factors.has(party_id):
                raise join_refusals.code_is_not_enough(grant.role)
        self.logins.check_factor(party_id, shown, at, context)
        return party_id

    def _is_of(self, login_id: str, party_id: str) -> bool:
        state = self.logins.stream.load(login_id).state
        return isinstance(state, login.Open) and not state.erased and state.party_id == party_id
