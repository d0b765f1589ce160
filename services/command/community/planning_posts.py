"""The difference between a file and a platform in qualifications and posts, as steps."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from linli.identity.v1 import identity_staffing_pb2 as staffing

from services.command.community.model import Community, Post, Qualification
from services.command.community.rules import put_in_normal_form
from services.command.community.standing import Standing
from services.command.community.steps import Action, Call, Step
from services.command.community.wired import Wired
from services.command.community.wording_of_steps import say


def qualifications(community: Community, wired: Wired, standing: Standing) -> Iterator[Step]:
    """Each is defined, or left alone: posts and certificates rest on what it says."""
    for each in community.qualifications:
        yield _qualification(each, wired, standing)


def posts(community: Community, wired: Wired, standing: Standing) -> Iterator[Step]:
    """Each is established, needs other qualifications, or is left alone, whoever holds it."""
    for each in community.posts:
        yield _post(each, wired, standing)


def _qualification(each: Qualification, wired: Wired, standing: Standing) -> Step:
    request: Any = wired.qualification(each)
    put_in_normal_form(request)
    known = standing.qualifications().get(each.id)
    if known is None:
        call = Call(service="identity", rpc="define_qualification", request=request)
        return Step(action=Action.CREATE, section="qualifications", name=each.id, calls=(call,))
    if (known.name, known.valid_days) != (request.name, request.valid_days):
        why = say("kept-qualification")
        return Step(action=Action.CANNOT, section="qualifications", name=each.id, why=why)
    return Step(action=Action.LEAVE, section="qualifications", name=each.id)


def _post(post: Post, wired: Wired, standing: Standing) -> Step:
    request: Any = wired.post(post)
    put_in_normal_form(request)
    known = standing.posts().get(post.id)
    if known is None:
        call = Call(service="identity", rpc="establish_post", request=request)
        return Step(action=Action.CREATE, section="posts", name=post.id, calls=(call,))
    if _for_good(known) != _for_good(request):
        return Step(action=Action.CANNOT, section="posts", name=post.id, why=say("kept-post"))
    needs, wanted = sorted(known.qualification_ids), sorted({*request.qualification_ids})
    if needs == wanted:
        return Step(action=Action.LEAVE, section="posts", name=post.id)
    changed = staffing.ChangePostNeedsRequest(post_id=post.id, qualification_ids=wanted)
    # no answer tells the last change of a post: a change that is repeated finds itself done
    call = Call(service="identity", rpc="change_post_needs", request=changed, since=uuid4().hex)
    why = say("needs", before=", ".join(needs) or "-")
    return Step(action=Action.CHANGE, section="posts", name=post.id, why=why, calls=(call,))


def _for_good(post: Any) -> tuple[Any, ...]:
    """What a post keeps, of a post or of the request that establishes it."""
    roles = sorted((each.role, each.area_id, each.body_id) for each in post.roles)
    return post.body_id, post.title.zh, post.title.en, post.area_id, roles
