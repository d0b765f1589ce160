"""Use cases of consents: who may act in a resident's name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from services.identity.application.ports import ConsentReads
from services.identity.application.resident import ResidentStream, registered
from services.identity.domain import consent, refusals
from services.identity.domain.consent import (
    ConsentCommand,
    ConsentEvent,
    ConsentPurpose,
    RecordConsent,
    Recorded,
    RevokeConsent,
)

ConsentStream = Stream[ConsentCommand, consent.Consent, ConsentEvent]
ConsentHandled = Handled[consent.Consent, ConsentEvent]
MayFor = Callable[[Sequence[str], str], None]
"""Refuses (OUT_OF_REACH) whoever is none of these parties and does not register people in this area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """What can be done with consents."""

    stream: ConsentStream
    residents: ResidentStream
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
        """Let a helper act in a resident's name."""
        person = registered(self.residents, resident_id)
        may_for([resident_id], person.area_path)
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

    def revoke(self, consent_id: str, at: datetime, context: Context, may_for: MayFor) -> ConsentHandled:
        """End a consent."""
        state = self.stream.load(consent_id).state
        if not isinstance(state, Recorded):
            raise refusals.consent_is_unknown(consent_id)
        given = state.recorded
        may_for([given.resident_id, given.helper_id], given.area_path)
        context = replace(context, area=given.area_path or None)
        return self.stream.handle(consent_id, RevokeConsent(consent_id=consent_id, at=at), context)

    def list(
        self, query: ListQuery, resident_id: str, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[Recorded], str]:
        """A page of a resident's own consents, and those within reach."""
        return self.reads.page(query, resident_id, reach, fresh)
