"""What every service keeps of consents: reactions to identity's events, and the consents that follow."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1.identity_types_pb2 import ConsentPurpose

from libs.ledger.consented import (
    CONSENTED,
    Consented,
    ConsentedFact,
    ConsentEndNoted,
    ConsentGivenNoted,
    consent_not_valid,
)
from libs.ledger.forgotten import Forgetting, ForgettingCommand, ForgettingEvent
from libs.ledger.noted import Note, Noted
from libs.ledger.streams.stream import Stream
from libs.messaging.reactions import Fact, Reaction, Reactions, When
from libs.rpc.enums import bare_names
from libs.rpc.moments import moment
from libs.rules.areas import AreaPath


def when_consent_given(event: identity.ConsentGiven, _fact: Fact) -> Reactions:
    """A helper may act here by it, for the purposes that this release knows."""
    known = bare_names(ConsentPurpose)
    consent = Consented(
        consent_id=event.consent_id,
        resident_id=event.resident_id,
        helper_id=event.helper_id,
        purposes=tuple(known[each] for each in event.purposes if each in known),
        within=AreaPath(event.within_area_path),
        home=AreaPath(event.home_area_path),
        until=moment(event.until_time),
    )
    return [Reaction(CONSENTED, event.consent_id, Note(ConsentGivenNoted(consent=consent)))]


def when_consent_withdrawn(event: identity.ConsentWithdrawn, _fact: Fact) -> Reactions:
    """From now on nobody acts by it."""
    return [Reaction(CONSENTED, event.consent_id, Note(ConsentEndNoted(consent_id=event.consent_id)))]


CONSENTS: Mapping[type[Message], When] = {
    identity.ConsentGiven: when_consent_given,
    identity.ConsentWithdrawn: when_consent_withdrawn,
}
"""What a service subscribes to of identity."""

ConsentedStream = Stream[Note[ConsentedFact], Noted[ConsentedFact], ConsentedFact]


@dataclass(frozen=True, slots=True)
class HeardConsents:
    """`libs.rpc.principal.Consents`, as far as a service has heard of them, and of who was erased."""

    stream: ConsentedStream
    erased: Stream[ForgettingCommand, Forgetting, ForgettingEvent]

    def given(self, consent_id: str) -> Consented | None:
        """The consent as it holds now; None if nothing of it was heard. Refuses CONSENT_NOT_VALID."""
        noted = self.stream.load(consent_id).state
        given = noted.of(ConsentGivenNoted)
        if noted.of(ConsentEndNoted) is not None:
            raise consent_not_valid()
        if given is None:
            return None
        if self.erased.load(given.consent.resident_id).state.heard:
            raise consent_not_valid()
        return given.consent
