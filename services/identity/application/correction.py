"""Use cases of corrections: a person's data put right, and every version of them that ever was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.query.reach import Jurisdiction, Permit
from services.identity.application.resident import ResidentStream, registered
from services.identity.domain import resident
from services.identity.domain.resident import CorrectResident, Registered, ResidentCorrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a caller says of a person: None where they say nothing, "" where it is known no more."""

    resident_id: str
    name: str | None
    phone: str | None
    address: str | None
    birth_date: str | None
    by_themself: bool
    reason: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was known of a person from a moment on, who said so, and why."""

    person: Registered
    since: datetime
    by: str
    by_themself: bool
    reason: Personal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What can be done about data that are wrong."""

    stream: ResidentStream

    def correct(self, told: Correction, context: Context, may: Callable[[Registered], None]) -> str:
        """Put right what is known of a person; answers the revision. Their area stays."""
        person = registered(self.stream, told.resident_id)
        may(person)

        def said(text: str | None) -> Personal | None:
            return None if text is None else Personal(told.resident_id, text)

        command = CorrectResident(
            resident_id=told.resident_id,
            name=said(told.name),
            phone=said(told.phone),
            address=said(told.address),
            birth_date=said(told.birth_date),
            by_themself=told.by_themself,
            reason=told.reason,
            at=told.at,
        )
        context = replace(context, area=person.area_path or None)
        return self.stream.handle(told.resident_id, command, context).revision

    def versions(self, resident_id: str, permit: Permit) -> Sequence[Version]:
        """All that was ever known of a person, the newest first."""
        permit(Jurisdiction(area_path=registered(self.stream, resident_id).area_path))
        found: list[Version] = []
        state = self.stream.decider.initial
        for each in self.stream.history(resident_id):
            event, about = each.event, each.metadata
            state = resident.evolve(state, event)
            if isinstance(state, Registered):
                themself = isinstance(event, ResidentCorrected) and event.by_themself
                version = Version(
                    person=state,
                    since=about.occurred_at,
                    by=about.actor,
                    by_themself=themself,
                    reason=about.said,
                )
                found.append(version)
        return found[::-1]
