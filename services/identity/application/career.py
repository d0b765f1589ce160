"""Careers and posts as streams, and what ends the appointments of somebody who is erased."""

from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task
from services.identity.domain import post
from services.identity.domain.career import Career, CareerCommand, CareerEvent, LeavePost
from services.identity.domain.post.commands import EndAppointment, PostCommand
from services.identity.domain.post.events import PostEvent

CareerStream = Stream[CareerCommand, Career, CareerEvent]
PostStream = Stream[PostCommand, post.situations.Post, PostEvent]


def leaving_posts(
    careers: CareerStream, posts: PostStream, party_id: str, at: datetime, context: Context
) -> list[Task]:
    """What ends all appointments of a person who is erased."""
    tasks: list[Task] = []
    for post_id in careers.load(party_id).state.posts:
        leaving = LeavePost(party_id=party_id, post_id=post_id, at=at)
        ending = EndAppointment(party_id=party_id, at=at, erased=True)
        tasks += [(careers, party_id, leaving, context), (posts, post_id, ending, context)]
    return tasks
