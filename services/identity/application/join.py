"""Use cases of joining: a resident signs up, or gets an invitation at a counter and accepts it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.claims import Claimed
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.query.reach import Jurisdiction
from libs.query.throttle import Throttle
from services.identity.application.access import Granter
from services.identity.application.area import within
from services.identity.application.code import Codes, Proof
from services.identity.application.contact import Contacts
from services.identity.application.join_ports import LoginReads
from services.identity.application.login import Logins
from services.identity.application.merger import check_unmerged, registrations
from services.identity.application.ports import Digests
from services.identity.application.registration import NewResident
from services.identity.application.resident import Residents, registered, survivor_of
from services.identity.domain import invitation
from services.identity.domain import join_refusals as refusals
from services.identity.domain.access import Access, Grant, GrantRole
from services.identity.domain.code import CodePurpose
from services.identity.domain.invitation import (
    AcceptInvitation,
    InvitationCommand,
    InvitationEvent,
    Invite,
    MissInvitation,
)
from services.identity.domain.preferences import NoticeChannel
from services.identity.domain.values import KeyKind, NaturalKey, Role, Within

InvitationStream = Stream[InvitationCommand, invitation.Invitation, InvitationEvent]
_OF_RESIDENTS = frozenset({Role.RESIDENT, Role.VOLUNTEER})
_LETTERS, _LENGTH = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 12
"""Of codes on paper: 60 bits, of signs that nobody takes for one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJoiner:
    """Somebody who joins, as they describe themself. Nothing of it shows in a representation."""

    proof: Proof
    name: str = field(repr=False)
    area_id: str
    login_name: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Somebody who can log in now."""

    resident_id: str
    login_id: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation, for the resident alone."""

    code: str = field(repr=False)
    expires_at: datetime
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What can be done about joining. `open_to_all`: whether people sign up."""

    codes: Codes
    contacts: Contacts
    invitations: InvitationStream
    residents: Residents
    logins: Logins
    reads: LoginReads
    digests: Digests
    throttle: Throttle
    open_to_all: bool

    def check_open(self) -> None:
        """Refuse SIGN_UP_CLOSED where nobody signs up by themself."""
        if not self.open_to_all:
            raise refusals.sign_up_is_closed()

    def sign_up(self, new: NewJoiner, at: datetime, context: Context, caller: str) -> Joined:
        """Register whoever has the code, and let them log in; everything or nothing.

        Their id follows from the code's, so that a repeated request finds them, and nobody else does.
        """
        self.check_open()
        proof, purpose = new.proof, CodePurpose.SIGN_UP
        proof.address.check()
        self.codes.check(proof, purpose, at, context, caller)
        limits = within(self.residents.areas, new.area_id, "")
        party_id = derived_id(proof.code_id, "sign up")
        context = replace(context, actor=party_id, area=limits.area_path)
        confirming = self.contacts.confirming(party_id, proof.address, at)
        registering = self.residents.registering(
            self._described(new, at), area_path=limits.area_path, fresh=party_id
        )
        if {registering.resident_id, self.contacts.holder(proof.address) or party_id} != {party_id}:
            raise refusals.already_registered()
        tasks: list[Task] = [
            (*self.codes.using(proof, purpose, at), context),
            (self.residents.stream, party_id, registering, context),
            (self.contacts.stream, party_id, confirming, context),
        ]
        try:
            return self._let_in(tasks, party_id, limits, new.login_name, new.password, at, context)
        except Claimed:
            raise refusals.already_registered() from None
        except Refusal as refusal:
            if refusal.code == "LOGIN_NAME_TAKEN":  # or one code would tell which of many names are
                self.codes.miss(proof, purpose, at, context)
            raise

    def invite(self, resident_id: str, at: datetime, context: Context, granter: Granter) -> Invited:
        """Make an invitation for somebody who cannot log in yet. The same request gets the same code.

        It takes the place of the one before, which leads to nothing any more.
        """
        person = registered(self.residents.stream, resident_id)
        granter.permit(Jurisdiction(area_path=person.area_path))
        check_unmerged(self.logins.mergers, resident_id)
        for each in registrations(self.logins.mergers, resident_id):
            there = registered(self.residents.stream, each).area_path
            granter.permit(Jurisdiction(area_path=there))
        access = self.residents.access.load(resident_id).state
        if _beyond(access, at):
            granter.check_takeover(person.area_path, access, at)
        if self.reads.of(resident_id):
            raise refusals.login_exists()
        number = int(self.digests.digest("invitation", f"{context.actor}\n{context.request_id}"), 16)
        code = "".join(_LETTERS[number >> 5 * place & 31] for place in range(_LENGTH))
        invited = Invite(
            invitation_id=self._invitation_id(code), resident_id=resident_id, by=context.actor, at=at
        )
        context = replace(context, area=person.area_path)
        tasks: list[Task] = [
            (self.invitations, each, invited, context) for each in (invited.invitation_id, resident_id)
        ]
        handled = handle_many(self.invitations.ledger, tasks)[0]
        assert isinstance(handled.state, invitation.Made)  # noqa: S101  # the command leaves it so
        dashed = "-".join(code[place : place + 4] for place in range(0, _LENGTH, 4))
        return Invited(code=dashed, expires_at=handled.state.made.expires_at, revision=handled.revision)

    def accept(
        self, code: str, login_name: str, password: str, at: datetime, context: Context, caller: str
    ) -> Joined:
        """Let somebody log in who has the code of an invitation."""
        typed = "".join(each for each in code.upper() if each in _LETTERS)
        invitation_id = self._invitation_id(typed)
        with self.throttle.attempt(invitation_id, caller) as attempt:
            known = self._newest(invitation_id)
            if known is None or not self._holds(known, at):
                raise refusals.invitation_is_refused()
            attempt.succeeded = True
        resident_id = known.made.resident_id
        context = replace(context, actor=resident_id)
        person = registered(self.residents.stream, resident_id)
        accepting = AcceptInvitation(invitation_id=invitation_id, at=at)
        tasks: list[Task] = [(self.invitations, resident_id, accepting, context)]
        home = Within(area_id=person.area_id, area_path=person.area_path)
        try:
            return self._let_in(tasks, resident_id, home, login_name, password, at, context)
        except Claimed:  # another invitation of theirs was accepted
            raise refusals.invitation_is_refused() from None
        except Refusal as refusal:
            if refusal.code == "LOGIN_NAME_TAKEN":  # or one invitation would tell which of many names are
                alone = replace(context, request_id=None, request_digest=None)
                missing = MissInvitation(invitation_id=invitation_id, at=at)
                self.invitations.handle(resident_id, missing, alone)
            raise

    def _let_in(
        self,
        tasks: list[Task],
        party_id: str,
        home: Within,
        login_name: str,
        password: str,
        at: datetime,
        context: Context,
    ) -> Joined:
        """Do what comes first, make a login, and grant RESIDENT at home, unless no home is known."""
        creating = self.logins.creating(party_id, login_name, password, at)
        tasks = [*tasks, (self.logins.stream, creating.login_id, creating, context)]
        if home.area_id:
            granting = GrantRole(party_id=party_id, role=Role.RESIDENT, within=home, at=at)
            tasks.append((self.residents.access, party_id, granting, context))
        done = handle_many(self.logins.stream.ledger, tasks)
        return Joined(resident_id=party_id, login_id=creating.login_id, revision=done[-1].revision)

    def _newest(self, invitation_id: str) -> invitation.Made | None:
        """An invitation, unless a newer one took its place."""
        found = self.invitations.load(invitation_id).state
        if not isinstance(found, invitation.Made):
            return None
        newest = self.invitations.load(found.made.resident_id).state
        if not isinstance(newest, invitation.Made) or newest.made.invitation_id != invitation_id:
            return None
        return newest

    def _holds(self, known: invitation.Made, at: datetime) -> bool:
        """Whether an invitation still leads to what it was made for, and to nothing that came since."""
        made = known.made
        if survivor_of(self.logins.mergers, made.resident_id) != made.resident_id:
            return False
        if known.accepted:  # a repeated request gets its answer, another one is refused
            return True
        grants = _beyond(self.residents.access.load(made.resident_id).state, at)
        later = any(grant.granted_at >= made.made_at for grant in grants)
        return not later and not self.reads.of(made.resident_id)

    @staticmethod
    def _described(new: NewJoiner, at: datetime) -> NewResident:
        """By the address, which is their natural key."""
        address = new.proof.address
        by_phone = address.channel is NoticeChannel.SMS
        key = NaturalKey(KeyKind.PHONE if by_phone else KeyKind.EMAIL, address.text)
        phone = address.text if by_phone else ""
        return NewResident(key=key, name=new.name, phone=phone, address="", area_id=new.area_id, at=at)

    def _invitation_id(self, code: str) -> str:
        return self.digests.digest("id of an invitation", code)


def _beyond(access: Access, at: datetime) -> list[Grant]:
    """What somebody may do beyond what residents do."""
    return [grant for grant in access.held(at).values() if grant.role not in _OF_RESIDENTS]
