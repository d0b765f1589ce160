"""Bodies: registered once, found again by their natural key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit
from services.identity.application.area import AreaStream, defined
from services.identity.application.ports import BodyReads, BodyRow, Digests
from services.identity.application.registration import Found, found
from services.identity.domain import refusals
from services.identity.domain.body import Body, BodyEvent, RegisterBody
from services.identity.domain.values import KEYS_OF_BODIES, SLUG, BodyKind, KeyKind, NaturalKey

BodyStream = Stream[RegisterBody, Body, BodyEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBody:
    """A body as a caller describes it."""

    key: NaturalKey
    kind: BodyKind
    name: Text
    area_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What can be done with bodies."""

    stream: BodyStream
    areas: AreaStream
    reads: BodyReads
    digests: Digests

    def register(self, new: NewBody, context: Context, permit: Permit) -> tuple[Body, Found]:
        """Register a body, or find the one with this key."""
        area = defined(self.areas, new.area_id)
        permit(Jurisdiction(area_path=area.path))
        body_id = self._id(new.key)
        command = RegisterBody(
            body_id=body_id,
            key=new.key,
            kind=new.kind,
            name=new.name,
            area_id=area.area_id,
            area_path=area.path,
            at=new.at,
        )
        handled = self.stream.handle(body_id, command, replace(context, area=area.path))
        return handled.state, found(body_id, handled)

    def _id(self, key: NaturalKey) -> str:
        if key.kind not in KEYS_OF_BODIES:
            raise refusals.natural_key_does_not_fit("bodies have a registration number or a local code")
        if key.kind is not KeyKind.LOCAL_CODE:
            return self.digests.digest("body", key.normal)
        if not SLUG.fullmatch(key.value):
            raise refusals.natural_key_does_not_fit(
                "a local code has lower case letters, digits, '.', '_', '-' and begins with a letter or digit"
            )
        return key.value

    def get(self, body_id: str, fresh: Fresh) -> BodyRow:
        """One body. Refuses BODY_UNKNOWN."""
        found = self.reads.one(body_id, fresh)
        if found is None:
            raise refusals.body_is_unknown(body_id)
        return found

    def list(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[BodyRow], str]:
        """A page of bodies."""
        return self.reads.page(query, fresh)
