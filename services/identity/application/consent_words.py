"""What is read to a resident of a consent: in whose words, and whether with the helper's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from services.identity.application.area import AreaStream, defined
from services.identity.application.client import ClientStream
from services.identity.application.resident import AccessStream, ResidentStream
from services.identity.domain import client, consent_refusals, resident
from services.identity.domain.consent.situations import Proposed, Recorded
from services.identity.domain.reading_back import ReadOut, read_back
from services.identity.domain.values import Role

_PRIVATE = {Role.RESIDENT, Role.VOLUNTEER}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWords:
    """Puts consents into words. `zone`: in which the resident is told when it ends."""

    residents: ResidentStream
    clients: ClientStream
    access: AccessStream
    areas: AreaStream
    zone: str

    def sentences(self, known: Proposed | Recorded) -> Sequence[Text]:
        """What is read to the resident."""
        return read_back(self.read_out(known))

    def read_out(self, known: Proposed | Recorded) -> ReadOut:
        """What goes into the sentences."""
        terms = known.terms
        area = defined(self.areas, terms.within_id).name if terms.within_id else None
        name = self.helper(terms.helper_id)
        helper = name if self.names_helper(known) else ""
        return ReadOut(terms=terms, helper=helper, area=area, zone=self.zone)

    def names_helper(self, known: Proposed | Recorded) -> bool:
        """Whether the sentences have the helper's name.

        A resident who enters an id alone does not learn by that whose it is, unless it is that of staff.
        """
        terms = known.terms
        if isinstance(known, Proposed):
            by, at = known.proposed.proposed_by, known.proposed.proposed_at
        else:
            by, at = terms.resident_id, known.recorded.recorded_at
        return by != terms.resident_id or self._is_public(terms.helper_id, at)

    def _is_public(self, helper_id: str, at: datetime) -> bool:
        """Whether a helper is a client, or on the staff."""
        roles = {grant.role for grant in self.access.load(helper_id).state.held(at).values()}
        program = self.clients.load(helper_id).state
        return bool(roles - _PRIVATE) or isinstance(program, client.Active | client.Retired)

    def helper(self, helper_id: str) -> str:
        """The name of a person or client. Refuses HELPER_UNKNOWN."""
        person = self.residents.load(helper_id).state
        if isinstance(person, resident.Registered) and person.name.value is not None:
            return person.name.value
        program = self.clients.load(helper_id).state
        if isinstance(program, client.Active | client.Retired):
            return program.name
        raise consent_refusals.helper_is_unknown(helper_id)
