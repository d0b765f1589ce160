"""Use cases of appointments: who holds a post gets its roles, and loses them with it."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task, handle_many
from services.identity.application.access import Granter
from services.identity.application.career import CareerStream, PostStream, within_stays
from services.identity.application.post import PostHandled, reached_post
from services.identity.application.registration import may_change
from services.identity.application.resident import AccessStream, ResidentStream, registered
from services.identity.domain import refusals, staff_refusals
from services.identity.domain.access import EndGrants, GrantRole
from services.identity.domain.career import LeavePost, TakePost
from services.identity.domain.post.commands import AppointHolder, ChangeTerm, EndAppointment
from services.identity.domain.post.situations import Established
from services.identity.domain.values import grant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointments:
    """What can be done about the holder of a post."""

    stream: PostStream
    careers: CareerStream
    access: AccessStream
    residents: ResidentStream

    def appoint(
        self,
        post_id: str,
        party_id: str,
        since: datetime,
        until: datetime | None,
        at: datetime,
        context: Context,
        granter: Granter,
    ) -> PostHandled:
        """Appoint a qualified person, who gets the roles of the post, until the term ends."""
        known = self._for_another(post_id, party_id, granter)
        person = registered(self.residents, party_id)
        context = _there(known, context)
        over = until is not None and until <= at
        if not over:
            until = self._no_longer_than_members(known, party_id, until, at)
        appointing = AppointHolder(party_id=party_id, since=since, until=until, at=at)
        taking = TakePost(
            party_id=party_id,
            post_id=post_id,
            needs=known.needs,
            since=since,
            checked_at=(since,) if over else (since, at),
        )
        tasks: list[Task] = [
            (self.stream, post_id, appointing, context),
            (self.careers, party_id, taking, context),
        ]
        if not over:
            tasks += self._granting(known, party_id, until, at, context)
        try:
            return handle_many(self.stream.ledger, tasks)[0]
        except Refusal as refusal:
            # which ones, whoever may not read the person's certificates learns from no refusal either
            if refusal.code == "QUALIFICATIONS_LACKING" and not may_change(person, granter.permit):
                raise staff_refusals.qualifications_are_lacking(()) from None
            raise

    def change_term(
        self,
        post_id: str,
        party_id: str,
        until: datetime | None,
        at: datetime,
        context: Context,
        granter: Granter,
    ) -> PostHandled:
        """Move the end of the holder's term, and of the roles that still come with it."""
        known = self._for_another(post_id, party_id, granter)
        context = _there(known, context)
        until = self._no_longer_than_members(known, party_id, until, at)
        changing = ChangeTerm(party_id=party_id, until=until, at=at)
        held = self.access.load(party_id).state.held(at)
        granting = self._granting(known, party_id, until, at, context, only=frozenset(held))
        tasks: list[Task] = [(self.stream, post_id, changing, context), *granting]
        return handle_many(self.stream.ledger, tasks)[0]

    def end(
        self, post_id: str, party_id: str, at: datetime, context: Context, granter: Granter
    ) -> PostHandled:
        """End an appointment, and the roles that came with it."""
        known = reached_post(self.stream, post_id, granter.permit)
        self._check_roles(known, granter)
        context = _there(known, context)
        leaving = LeavePost(party_id=party_id, post_id=post_id, at=at)
        tasks: list[Task] = [
            (self.stream, post_id, EndAppointment(party_id=party_id, at=at), context),
            (self.careers, party_id, leaving, context),
        ]
        if known.established.roles:
            ending = EndGrants(grant_ids=tuple(grants_of(known, party_id)), at=at)
            tasks.append((self.access, party_id, ending, context))
        return handle_many(self.stream.ledger, tasks)[0]

    def _no_longer_than_members(
        self, known: Established, party_id: str, until: datetime | None, at: datetime
    ) -> datetime | None:
        """The end of a term, which is no later than that of the memberships that the post builds on."""
        bodies = {known.established.body_id, *(each.within.body_id for each in known.established.roles)}
        return within_stays(self.careers, party_id, bodies, until, at)

    def _for_another(self, post_id: str, party_id: str, granter: Granter) -> Established:
        """The post, whose roles the caller may grant, and not to themselves."""
        known = reached_post(self.stream, post_id, granter.permit)
        self._check_roles(known, granter)
        if party_id == granter.id:
            raise refusals.not_for_yourself()
        return known

    def _check_roles(self, known: Established, granter: Granter) -> None:
        for each in known.established.roles:
            granter.check(each.role, each.within)

    def _granting(
        self,
        known: Established,
        party_id: str,
        until: datetime | None,
        at: datetime,
        context: Context,
        only: frozenset[str] | None = None,
    ) -> list[Task]:
        """What grants the roles of a post, or moves the end of those of them that are still held (`only`)."""
        tasks: list[Task] = []
        for held, each in zip(grants_of(known, party_id), known.established.roles, strict=True):
            if only is not None and held not in only:
                continue
            granting = GrantRole(
                party_id=party_id,
                role=each.role,
                within=each.within,
                at=at,
                until=until,
                post_id=known.established.post_id,
            )
            tasks.append((self.access, party_id, granting, context))
        return tasks


def grants_of(known: Established, party_id: str) -> list[str]:
    """The ids of the grants that come with a post."""
    post_id = known.established.post_id
    return [grant_id(party_id, each.role, each.within, post_id) for each in known.established.roles]


def _there(known: Established, context: Context) -> Context:
    return replace(context, area=known.established.area_path or None)
