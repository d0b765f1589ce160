"""Careers and posts as streams, and what ends the appointments of somebody who is erased."""

from collections.abc import Iterable
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task
from services.identity.domain import post
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.career import Career, CareerCommand, CareerEvent, LeavePost
from services.identity.domain.membership import LeaveBody
from services.identity.domain.post.commands import EndAppointment, PostCommand
from services.identity.domain.post.events import PostEvent
from services.identity.domain.post.situations import Established

CareerStream = Stream[CareerCommand, Career, CareerEvent]
PostStream = Stream[PostCommand, post.situations.Post, PostEvent]


def within_stays(
    careers: CareerStream, party_id: str, body_ids: Iterable[str], until: datetime | None, at: datetime
) -> datetime | None:
    """Until when somebody may act for bodies: while they are members of those that they ever joined.

    Refuses NOT_A_MEMBER_OF_THE_BODY for whoever has left one.
    """
    stays = careers.load(party_id).state.bodies
    for stay in (stays[each] for each in body_ids if each in stays):
        if not stay.holds(at):
            raise unfit.not_a_member_of_the_body()
        if stay.until is not None:
            until = min(until or stay.until, stay.until)
    return until


def leaving_all(
    careers: CareerStream, posts: PostStream, party_id: str, at: datetime, context: Context
) -> list[Task]:
    """What ends all appointments and memberships of a person who is erased."""
    bodies = careers.load(party_id).state.bodies
    leaving = (LeaveBody(party_id=party_id, body_id=each, at=at, erased=True) for each in bodies)
    return [
        *leaving_posts(careers, posts, party_id, at, context),
        *((careers, party_id, each, context) for each in leaving),
    ]


def leaving_posts(
    careers: CareerStream,
    posts: PostStream,
    party_id: str,
    at: datetime,
    context: Context,
    body_id: str = "",
) -> list[Task]:
    """What ends the appointments of a person to the posts of a body, or ("") to all."""
    tasks: list[Task] = []
    for post_id in careers.load(party_id).state.posts:
        known = posts.load(post_id).state
        if body_id and isinstance(known, Established) and known.established.body_id != body_id:
            continue
        leaving = LeavePost(party_id=party_id, post_id=post_id, at=at)
        ending = EndAppointment(party_id=party_id, at=at, erased=True)
        tasks += [(careers, party_id, leaving, context), (posts, post_id, ending, context)]
    return tasks
