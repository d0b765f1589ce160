"""The desk where an operator deals with parked events: list, show, retry, discard."""

from collections.abc import Sequence
from functools import partial

from libs.ledger.store.ledger import Append, Ledger
from libs.messaging import parked
from libs.messaging.effects import Effects
from libs.messaging.failures import PASSING, told
from libs.messaging.parked import AlreadyTaken, ParkedEvent
from libs.query.conditions import EVERYTHING, Condition
from libs.telemetry import logs

_log = logs.get("parked")


class NotParked(Exception):
    """There is no such parked event."""


class NotFirst(Exception):
    """Earlier events of the same subject are parked: they come first."""

    def __init__(self, first: ParkedEvent) -> None:
        super().__init__(f"retry {first.id} first: it is an earlier event of {first.subject}")
        self.first_id = first.id


class RetryFailed(Exception):
    """The event failed again; it stays parked."""

    def __init__(self, event: ParkedEvent, why: str) -> None:
        super().__init__(f"event {event.id} failed again: {why}")
        self.parked_id = event.id
        self.why = why


class ParkingDesk:
    """Works beside running consumers: whatever is done here is done once, under the ledger's lock."""

    def __init__(self, ledger: Ledger, effects: Effects) -> None:
        self._ledger = ledger
        self._effects = effects

    def list(self, limit: int = 100, where: Condition = EVERYTHING) -> Sequence[ParkedEvent]:
        """The parked events, subject by subject, each subject's in order; `where` is about their columns."""
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            return parked.waiting(cursor, limit=limit, where=where)

    def show(self, parked_id: int) -> ParkedEvent:
        """One parked event. Raises `NotParked`."""
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            found = parked.find(cursor, parked_id)
        if found is None:
            raise _not_parked(parked_id)
        return found

    def retry(self, parked_id: int) -> int:
        """Handle a parked event, then all that wait behind it, in order; says how many.

        Raises `NotParked`, `NotFirst` if it is not the first of its subject, `RetryFailed` with the
        reason; what was handled before the failure stays handled.
        """
        event = self.show(parked_id)
        handled = 0
        while queue := self._of_subject(event):
            first = queue[0]
            if handled == 0 and first.id != event.id:
                raise NotFirst(first)
            self._retry(first)
            handled += 1
        return handled

    def discard(self, parked_id: int, *, by: str, reason: str) -> int:
        """Give a parked event up for good; says how many still wait behind it. Raises `NotParked`.

        `by` and `reason`, who does so and why, are logged.
        """
        event = self.show(parked_id)
        try:
            self._ledger.append(Append(effects=[partial(parked.take, parked=event)]))
        except AlreadyTaken:
            raise _not_parked(parked_id) from None
        _log.warning(
            "parked event discarded",
            by=by,
            why=reason,
            source=event.source,
            sequence=event.sequence,
            subject=event.subject,
            type=event.type,
        )
        return len(self._of_subject(event))

    def _retry(self, event: ParkedEvent) -> None:
        try:
            self._effects.retry(event)
        except PASSING:
            raise
        except AlreadyTaken:
            return  # somebody else was faster; what they did is done
        except Exception as error:
            with self._ledger.connection() as connection, connection.cursor() as cursor:
                parked.failed_again(cursor, event, told(error))
            raise RetryFailed(event, told(error)) from error

    def _of_subject(self, event: ParkedEvent) -> Sequence[ParkedEvent]:
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            return parked.of_subject(cursor, event.source, event.subject)


def _not_parked(parked_id: int) -> NotParked:
    return NotParked(f"no parked event {parked_id}: `parked list` shows what there is")
