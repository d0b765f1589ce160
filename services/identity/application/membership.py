"""Use cases of memberships: who belongs to which body, and loses its roles and posts with that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from services.identity.application.access import Granter
from services.identity.application.appointment import grants_of
from services.identity.application.body import BodyStream
from services.identity.application.career import CareerStream, PostStream, leaving_posts
from services.identity.application.resident import AccessStream, ResidentStream, registered
from services.identity.application.staff_ports import MembershipReads, MembershipRow
from services.identity.domain import body, refusals
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.access import EndGrants, Grant
from services.identity.domain.membership import JoinBody, LeaveBody
from services.identity.domain.post.situations import Established


@dataclass(frozen=True, slots=True, kw_only=True)
class Memberships:
    """What can be done with memberships."""

    careers: CareerStream
    posts: PostStream
    access: AccessStream
    residents: ResidentStream
    bodies: BodyStream
    reads: MembershipReads

    def admit(
        self,
        party_id: str,
        body_id: str,
        since: datetime,
        until: datetime | None,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> str:
        """Take a person into a body; answers the revision. It gives no right."""
        known = self._reached(body_id, permit)
        registered(self.residents, party_id)
        command = JoinBody(
            party_id=party_id, body_id=body_id, area_path=known.area_path, since=since, until=until, at=at
        )
        outlasting = [
            each.grant_id
            for each in self._roles(party_id, body_id, at)
            if until is not None and (each.until is None or until < each.until)
        ]

        def assure_bounded() -> None:
            if outlasting:
                raise unfit.roles_outlast_the_membership(outlasting)

        context = replace(context, area=known.area_path)
        return self.careers.handle(party_id, command, context, if_new=assure_bounded).revision

    def end(self, party_id: str, body_id: str, at: datetime, context: Context, granter: Granter) -> str:
        """Let a member go, with their roles for the body and appointments to its posts; the revision."""
        known = self._reached(body_id, granter.permit)
        held = self._roles(party_id, body_id, at)
        for grant in held:
            granter.check(grant.role, grant.within)
        context = replace(context, area=known.area_path)
        leaving = LeaveBody(party_id=party_id, body_id=body_id, at=at)
        ending = EndGrants(grant_ids=tuple(each.grant_id for each in held), at=at)
        tasks: list[Task] = [
            (self.careers, party_id, leaving, context),
            (self.access, party_id, ending, context),
            *leaving_posts(self.careers, self.posts, party_id, at, context, body_id),
        ]
        return handle_many(self.careers.ledger, tasks)[0].revision

    def list(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[MembershipRow], str]:
        """A page of the memberships of a moment."""
        return self.reads.page(query, at, reach, fresh)

    def _roles(self, party_id: str, body_id: str, at: datetime) -> Sequence[Grant]:
        """What a person holds for a body, also by its posts."""
        known = self.access.load(party_id).state.held(at).values()
        by_post = set(self._of_posts(party_id, body_id))
        return [each for each in known if each.within.body_id == body_id or each.grant_id in by_post]

    def _of_posts(self, party_id: str, body_id: str) -> Iterator[str]:
        for post_id in self.careers.load(party_id).state.posts:
            known = self.posts.load(post_id).state
            if isinstance(known, Established) and known.established.body_id == body_id:
                yield from grants_of(known, party_id)

    def _reached(self, body_id: str, permit: Permit) -> body.Registered:
        known = self.bodies.load(body_id).state
        if isinstance(known, body.Unregistered):
            raise refusals.body_is_unknown(body_id)
        permit(Jurisdiction(area_path=known.area_path, body_id=body_id))
        return known
