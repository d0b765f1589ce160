"""Use cases of reviews: which grants nobody looked at for long, and that one is still needed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from services.identity.application.access import Granter
from services.identity.application.ports import ReviewedGrant, RoleReads
from services.identity.application.resident import AccessStream
from services.identity.domain import refusals, review
from services.identity.domain.access import Grant
from services.identity.domain.review import ConfirmGrant, ReviewEvent

ReviewStream = Stream[ConfirmGrant, review.Review, ReviewEvent]
QUARTER = timedelta(days=90)
"""A grant that nobody confirmed for so long is to be looked at, if a caller names no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """What can be done about grants that somebody should look at again."""

    stream: ReviewStream
    access: AccessStream
    reads: RoleReads

    def confirm(
        self, party_id: str, grant_id: str, at: datetime, context: Context, granter: Granter
    ) -> tuple[Grant, Handled[review.Review, ReviewEvent]]:
        """Say that a grant that the caller may grant is still needed. Refuses GRANT_UNKNOWN."""
        held = self.access.load(party_id).state.held(at).get(grant_id)
        if held is None:
            raise refusals.grant_is_unknown(grant_id)
        granter.check(held.role, held.within)
        command = ConfirmGrant(party_id=party_id, grant_id=grant_id, by=granter.id, at=at)
        context = replace(context, area=held.within.area_path or None)
        return held, self.stream.handle(grant_id, command, context)

    def list(
        self, query: ListQuery, days: int, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[ReviewedGrant], str]:
        """A page of the grants that nobody gave or confirmed for so many days (0: a quarter)."""
        since = at - (timedelta(days=days) if days else QUARTER)
        return self.reads.to_review(query, since, at, reach, fresh)
