"""Waits until this service has heard of what a caller saw at a neighbour, by the neighbour's revision."""

import time
from dataclasses import dataclass, replace

from libs.ledger.decider import Kind, Refusal
from libs.ledger.revision import Revision, parse_revision
from libs.ledger.store import incarnation
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import ViewBehind
from libs.messaging import positions
from libs.messaging.positions import Stored
from libs.messaging.translate import service_of
from libs.query.freshness import Fresh

_LOOK_AGAIN = 0.25  # seconds: a position may move without an event of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """How far a service has heard a source, by the positions of its inbox."""

    ledger: Ledger
    source: str

    def heard(self, token: str, field: str, fresh: Fresh) -> Fresh:
        """Wait until what a revision of the source names is noted here; answers what is left to wait for.

        `field` is the request's that has it; "" is nothing to wait for. The position is stored in the
        transaction of its effects: whoever sees it finds them below the head. Raises `ViewBehind` if it
        does not come in time; `Refusal` REVISION_MALFORMED, HISTORY_CHANGED if it was lost, and
        SOURCE_CHANGED while the source stands still because it has another history.
        """
        if not token:
            return fresh
        wanted = parse_revision(token, field)
        own = self.ledger.seen(fresh.at_least).position
        deadline = time.monotonic() + fresh.patience
        while True:
            head = self.ledger.head()
            stored = self._stored()
            left = deadline - time.monotonic()
            if self._has(stored, wanted, field):
                at_least = self.ledger.revision(max(own, self.ledger.head()))
                return replace(fresh, at_least=at_least, patience=max(left, 0))
            if left <= 0:
                raise ViewBehind(f"of {self.source}", wanted.position, stored.checkpoint)
            with fresh.aside():
                self.ledger.wait(head, min(left, _LOOK_AGAIN))

    def _stored(self) -> Stored:
        with self.ledger.connection() as connection, connection.cursor() as cursor:
            return positions.stored(cursor, self.source)

    def _has(self, stored: Stored, wanted: Revision, field: str) -> bool:
        """Whether what was wanted is handled here. It may yet come, or it is refused."""
        heard = stored.heard
        if heard.changed:
            raise self._stands_still(wanted, field, heard.changed)
        if wanted.incarnation > heard.lives[-1].number:
            return False  # of an incarnation of which nothing has come here yet
        if why := incarnation.lost(heard.lives, wanted.position, wanted.incarnation):
            raise self._lost(wanted, field, why)
        return stored.checkpoint >= wanted.position

    def _lost(self, wanted: Revision, field: str, why: str) -> Refusal:
        service = service_of(self.source)
        return Refusal(
            Kind.PRECONDITION,
            "HISTORY_CHANGED",
            f"what you saw of {service} at {wanted}, in its incarnation {wanted.incarnation}, was lost:"
            f" {why}; read again what {service} has now, and give its new revision as `{field}`",
            revision=str(wanted),
            source=self.source,
        )

    def _stands_still(self, wanted: Revision, field: str, why: str) -> Refusal:
        return Refusal(
            Kind.UNAVAILABLE,
            "SOURCE_CHANGED",
            f"whether {wanted} is included cannot be said until an operator has decided: {why}. Call without"
            f" `{field}` for what was noted before",
            revision=str(wanted),
            source=self.source,
        )
