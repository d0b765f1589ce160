"""Use cases of consents: who may act in a resident's name, and how the resident confirms it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.consented import Consented, consent_not_valid
from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import NOWHERE
from services.identity.application.area import AreaStream, defined
from services.identity.application.consent_codes import Aside, ConsentCodes
from services.identity.application.consent_words import ConsentWords
from services.identity.application.ports import ConsentReads, ConsentRow
from services.identity.application.resident import ResidentStream, registered
from services.identity.domain import consent_refusals, refusals, resident
from services.identity.domain.consent.commands import (
    ConfirmConsent,
    ConsentCommand,
    ProposeConsent,
    RecordConsent,
    RevokeConsent,
)
from services.identity.domain.consent.events import (
    Confirmation,
    ConsentCodeRefused,
    ConsentEvent,
    ConsentGiven,
    ConsentPurpose,
    Terms,
)
from services.identity.domain.consent.situations import Consent, Proposed, Recorded

ConsentStream = Stream[ConsentCommand, Consent, ConsentEvent]
ConsentHandled = Handled[Consent, ConsentEvent]
MayFor = Callable[[Sequence[str], str], None]
"""Refuses (OUT_OF_REACH) whoever is none of these parties and does not register people in this area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """What somebody proposes to a resident."""

    resident_id: str
    helper_id: str
    purposes: tuple[ConsentPurpose, ...]
    within_id: str
    until: datetime
    at: datetime
    send_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How a resident confirmed a consent, as somebody tells it."""

    consent_id: str
    confirmation: Confirmation
    code: str
    signature: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """What can be done with consents."""

    stream: ConsentStream
    residents: ResidentStream
    areas: AreaStream
    codes: ConsentCodes
    words: ConsentWords
    reads: ConsentReads

    def record(
        self,
        resident_id: str,
        helper_id: str,
        purpose: ConsentPurpose,
        until: datetime,
        at: datetime,
        context: Context,
        may_for: MayFor,
    ) -> ConsentHandled:
        """Let a helper report in one's own name, at once."""
        person = registered(self.residents, resident_id)
        may_for([resident_id], person.area_path)
        if context.actor != resident_id or purpose is not ConsentPurpose.REPORT_CASES:
            raise consent_refusals.consent_is_not_confirmed()
        command = RecordConsent(
            consent_id=derived_id(context.actor, context.request_id or ""),
            resident_id=resident_id,
            helper_id=helper_id,
            purpose=purpose,
            area_id=person.area_id,
            area_path=person.area_path,
            until=until,
            by=context.actor,
            at=at,
        )
        context = replace(context, area=person.area_path or None)
        return self.stream.handle(command.consent_id, command, context)

    def propose(self, new: NewConsent, context: Context, may_for: MayFor, aside: Aside) -> ConsentHandled:
        """Propose a consent, to be read to the resident; a repeated request sends the code again.

        Refuses, if a code is to be sent, CODE_HAS_NO_ADDRESS and TOO_MANY_CODES before anything is proposed.
        """
        person = registered(self.residents, new.resident_id)
        may_for([new.resident_id, new.helper_id], person.area_path)
        self.words.helper(new.helper_id)
        within = defined(self.areas, new.within_id, "within_area_id").path if new.within_id else NOWHERE
        command = ProposeConsent(
            consent_id=derived_id(context.actor, context.request_id or ""),
            terms=Terms(
                resident_id=new.resident_id,
                helper_id=new.helper_id,
                purposes=new.purposes,
                within_id=new.within_id,
                within_path=within,
                home_id=person.area_id,
                home_path=person.area_path,
                until=new.until,
            ),
            by=context.actor,
            at=new.at,
        )
        context = replace(context, area=person.area_path or None)
        if not new.send_code:
            return self.stream.handle(command.consent_id, command, context)
        going = self.codes.going(command.consent_id, new.resident_id, person, new.at, context.actor)
        proposing = (self.stream, command.consent_id, command, context)
        handled = handle_many(self.stream.ledger, [self.codes.asking(going, context), proposing])[-1]
        assert isinstance(handled.state, Proposed)  # noqa: S101  # a proposal leaves it so
        self.codes.send(going, self.words.read_out(handled.state), context, aside)
        return handled

    def get(self, consent_id: str, may_for: MayFor) -> Proposed | Recorded:
        """A consent, for those whom it concerns."""
        known = self._known(consent_id)
        terms = known.terms
        may_for([terms.resident_id, terms.helper_id], terms.home_path)
        return known

    def confirm(self, said: Confirmed, context: Context, may_for: MayFor, aside: Aside) -> ConsentHandled:
        """Take the resident's confirmation, and tell them of it. Refuses CODE_WRONG, which is counted."""
        terms = self._known(said.consent_id).terms
        person = registered(self.residents, terms.resident_id)
        parties = {
            Confirmation.IN_PERSON: [terms.resident_id],
            Confirmation.CODE: [terms.resident_id, terms.helper_id],
        }
        may_for(parties.get(said.confirmation, []), terms.home_path)
        code = "".join(said.code.split())
        command = ConfirmConsent(
            consent_id=said.consent_id,
            confirmation=said.confirmation,
            by=context.actor,
            at=said.at,
            code=code,
            sent=self.codes.of(said.consent_id),
            signature=said.signature,
        )
        context = replace(context, area=terms.home_path or None)
        tasks: list[Task] = [(self.stream, said.consent_id, command, context)]
        if said.confirmation is Confirmation.CODE and code:
            tasks[:0] = [self.codes.trying(said.consent_id, terms.resident_id, code, said.at, context)]
        handled = handle_many(self.stream.ledger, tasks)[-1]
        if any(isinstance(event, ConsentCodeRefused) for event in handled.events):
            raise consent_refusals.code_is_wrong()
        new = [each for each in handled.events if isinstance(each, ConsentGiven) and not handled.repeated]
        for given in new:
            assert isinstance(handled.state, Proposed)  # noqa: S101  # only a proposal is confirmed
            self.codes.tell(self.words.read_out(handled.state), person, given, aside)
        return handled

    def revoke(self, consent_id: str, at: datetime, context: Context, may_for: MayFor) -> ConsentHandled:
        """End a consent."""
        terms = self._known(consent_id).terms
        may_for([terms.resident_id, terms.helper_id], terms.home_path)
        context = replace(context, area=terms.home_path or None)
        return self.stream.handle(consent_id, RevokeConsent(consent_id=consent_id, at=at), context)

    def list(
        self, query: ListQuery, party_ids: Sequence[str], reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[ConsentRow], str]:
        """A page of the consents that somebody gave, or acts by, and those within reach."""
        return self.reads.page(query, party_ids, reach, fresh)

    def given(self, consent_id: str) -> Consented | None:
        """A consent that was proposed and confirmed; None: there is none. Refuses CONSENT_NOT_VALID."""
        known = self.stream.load(consent_id).state
        if not isinstance(known, Proposed) or known.given is None:
            return None
        terms = known.given.terms
        erased = not isinstance(self.residents.load(terms.resident_id).state, resident.Registered)
        if erased or known.withdrawn_at is not None:
            raise consent_not_valid()
        return Consented(
            consent_id=consent_id,
            resident_id=terms.resident_id,
            helper_id=terms.helper_id,
            purposes=tuple(each.value.upper() for each in terms.purposes),
            within=terms.within_path,
            home=terms.home_path,
            until=terms.until,
        )

    def _known(self, consent_id: str) -> Proposed | Recorded:
        state = self.stream.load(consent_id).state
        if not isinstance(state, Proposed | Recorded):
            raise refusals.consent_is_unknown(consent_id)
        return state
