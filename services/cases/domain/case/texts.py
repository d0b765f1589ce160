"""Which texts of a case staff find it by: what the reporter told, and what they can read of the answers.

Neither how to reach them, nor what colleagues noted for each other.
"""

from libs.ledger.personal import Personal
from services.cases.domain.case import events


def searched(event: events.CaseEvent) -> tuple[Personal | None, ...]:
    """The texts of an event by which its case is found."""
    match event:
        case events.CaseOpened(description=description, address=address):
            return (description, address)
        case events.ReporterAnswered(text=text) | events.NoteAdded(text=text, to_reporter=True):
            return (text,)
        case events.CaseResolved(outcome=outcome):
            return (outcome,)
        case _:
            return ()
