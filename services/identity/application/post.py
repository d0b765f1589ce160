"""Use cases of posts: established, abolished, and what can be asked about their holders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from services.identity.application.access import limits
from services.identity.application.area import AreaStream, defined
from services.identity.application.body import BodyStream
from services.identity.application.career import PostStream
from services.identity.application.resident import ResidentStream, registered
from services.identity.application.staff_ports import (
    AppointmentRow,
    PostRow,
    Retention,
    Shortage,
    StaffReads,
)
from services.identity.application.training import QualificationStream, assure_defined
from services.identity.domain import household_refusals
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.post.commands import (
    AbolishPost,
    ChangePostNeeds,
    EstablishPost,
    NameSuccessor,
)
from services.identity.domain.post.events import PostEvent, PostRole
from services.identity.domain.post.situations import Established, Post
from services.identity.domain.values import Role

PostHandled = Handled[Post, PostEvent]
SOON = timedelta(days=90)
"""A certificate that ends within this time is told as one that is to be renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """A role of a post, as a caller names it."""

    role: Role
    area_id: str
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post as a caller describes it."""

    post_id: str
    body_id: str
    title: Text
    area_id: str
    needs: tuple[str, ...]
    roles: Sequence[NewRole]
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """What can be done with posts."""

    stream: PostStream
    residents: ResidentStream
    areas: AreaStream
    bodies: BodyStream
    qualifications: QualificationStream
    reads: StaffReads

    def establish(self, new: NewPost, context: Context, permit: Permit) -> PostHandled:
        """Give a body a post, or find it."""
        place = limits(self.areas, self.bodies, new.area_id, new.body_id)
        permit(Jurisdiction(area_path=place.area_path, body_id=place.body_id))
        if new.since > new.at:
            raise household_refusals.lies_in_the_future("since_time")
        assure_defined(self.qualifications, new.needs)
        roles = tuple(
            PostRole(role=each.role, within=limits(self.areas, self.bodies, each.area_id, each.body_id))
            for each in new.roles
        )
        command = EstablishPost(
            post_id=new.post_id,
            body_id=place.body_id,
            title=new.title,
            area_id=place.area_id,
            area_path=place.area_path,
            needs=new.needs,
            roles=roles,
            since=new.since,
        )
        return self.stream.handle(new.post_id, command, replace(context, area=place.area_path))

    def change_needs(
        self, post_id: str, needs: tuple[str, ...], at: datetime, context: Context, permit: Permit
    ) -> PostHandled:
        """Need other qualifications from now on."""
        reached_post(self.stream, post_id, permit)
        assure_defined(self.qualifications, needs)
        return self.stream.handle(post_id, ChangePostNeeds(needs=needs, at=at), context)

    def abolish(self, post_id: str, at: datetime, context: Context, permit: Permit) -> PostHandled:
        """Have a vacant post no more."""
        reached_post(self.stream, post_id, permit)
        return self.stream.handle(post_id, AbolishPost(at=at), context)

    def name_successor(
        self, post_id: str, party_id: str, at: datetime, context: Context, permit: Permit
    ) -> PostHandled:
        """Say who is to follow; "" for nobody."""
        reached_post(self.stream, post_id, permit)
        if party_id:
            registered(self.residents, party_id)
        return self.stream.handle(post_id, NameSuccessor(party_id=party_id, at=at), context)

    def list(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[PostRow], str]:
        """A page of the posts of a moment."""
        return self.reads.posts(query, at, reach, fresh)

    def appointments(
        self, query: ListQuery, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[AppointmentRow], str]:
        """A page of appointments."""
        return self.reads.appointments(query, reach, fresh)

    def candidates(
        self, query: PageQuery, post_id: str, at: datetime, permit: Permit, reach: Reach, fresh: Fresh
    ) -> tuple[Established, Sequence[str], str]:
        """The post, and a page of the people within reach who could take it at a moment."""
        known = reached_post(self.stream, post_id, permit)
        rows, next_token = self.reads.candidates(query, post_id, at, reach, fresh)
        return known, rows, next_token

    def shortages(self, area_id: str, at: datetime, fresh: Fresh, permit: Permit) -> Sequence[Shortage]:
        """By qualification, what an area's posts need and have at a moment."""
        area_path = defined(self.areas, area_id).path
        permit(Jurisdiction(area_path=area_path))
        return self.reads.shortages(area_path, at, at + SOON, fresh)

    def retention(self, area_id: str, body_id: str, at: datetime, fresh: Fresh, permit: Permit) -> Retention:
        """How long the holders of an area's posts stay."""
        place = limits(self.areas, self.bodies, area_id, body_id)
        permit(Jurisdiction(area_path=place.area_path, body_id=body_id or None))
        return self.reads.retention(place.area_path, body_id, at, fresh)


def reached_post(posts: PostStream, post_id: str, permit: Permit) -> Established:
    """A post as it is now. Refuses POST_UNKNOWN, OUT_OF_REACH."""
    state = posts.load(post_id).state
    if not isinstance(state, Established):
        raise unfit.post_is_unknown(post_id)
    place = state.established
    permit(Jurisdiction(area_path=place.area_path, body_id=place.body_id))
    return state
