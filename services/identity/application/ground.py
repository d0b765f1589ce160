"""On which ground somebody may draw a boundary, and whether what comes after an area holds its ground."""

from collections.abc import Sequence
from datetime import datetime

from libs.geo.atlas import Atlas
from libs.geo.draft import Conflict, Draft
from libs.geo.effort import Effort, OutOfTime, TooMuchWork
from libs.geo.grounds import Grounds
from libs.geo.strips import Strip
from libs.ledger.decider import Refusal
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath, id_of, ids_of, parent_of, path_of
from services.identity.domain import area_refusals, ground_refusals, refusals
from services.identity.domain.area.commands import DefineArea
from services.identity.domain.values import Encroachment


def objection(
    atlas: Atlas, path: AreaPath, boundary: str, valid_from: datetime, permit: Permit, effort: Effort
) -> Refusal | None:
    """What stands against a boundary (checked GeoJSON) of the area at `path`; None if nothing does.

    It must lie within what bounds the area, and hold all that the area bounds. Who may plan the
    area above may take free ground, and ground of areas beside it that they may plan, too: that
    becomes a disputed strip. Who may plan the area alone may give up ground of it, not take any.

    Refuses DEADLINE_TOO_NEAR if the caller does not wait so long.
    """
    try:
        return _objection(
            Draft(atlas, ids_of(path), boundary, valid_from, effort), atlas, path, valid_from, permit
        )
    except TooMuchWork:
        reason = "comparing it with the boundaries around it would take too long: simplify it or those"
        return refusals.boundary_is_unusable(reason)
    except OutOfTime:
        raise refusals.deadline_is_too_near() from None


def _objection(
    draft: Draft, atlas: Atlas, path: AreaPath, valid_from: datetime, permit: Permit
) -> Refusal | None:
    tangled = draft.tangle()
    if tangled is not None:
        reason = f"it and the boundary of {tangled[-1]} cross or pass by each other too often: simplify it"
        return refusals.boundary_is_unusable(reason)
    conflict = draft.beyond_bounds()
    if conflict is not None:
        return ground_refusals.boundary_is_beyond(_place(conflict))
    conflict = draft.left_out()
    if conflict is not None:
        return ground_refusals.boundary_leaves_out(_place(conflict))
    return _beyond_reach(draft, atlas, path, valid_from, permit)


def _beyond_reach(
    draft: Draft, atlas: Atlas, path: AreaPath, valid_from: datetime, permit: Permit
) -> Refusal | None:
    parent = parent_of(path)
    refusal = _refusal(permit, parent)
    if refusal is None:
        taken = (each for each in draft.taken() if _refusal(permit, path_of(each.path)))
        conflict = next(taken, None)
    elif parent and atlas.at(id_of(parent), valid_from) is None:
        return refusal
    else:
        conflict = draft.gained()
    return ground_refusals.ground_is_out_of_reach(_place(conflict)) if conflict else None


def _refusal(permit: Permit, path: AreaPath) -> Refusal | None:
    try:
        permit(Jurisdiction(area_path=path))
    except Refusal as refusal:
        return refusal
    return None


def _place(conflict: Conflict) -> Encroachment:
    strip = conflict.strip
    return Encroachment(
        area_id=conflict.path[-1],
        longitude=strip.longitude,
        latitude=strip.latitude,
        square_metres=strip.square_metres,
        since=conflict.since,
    )


def loss(grounds: Grounds, area_id: str, successor_ids: Sequence[str]) -> Refusal | None:
    """Ground of an area that none of its successors has inside."""
    strip = grounds.loss(area_id, successor_ids)
    return area_refusals.ground_is_lost(_at(area_id, strip, grounds.at)) if strip else None


def misfit(grounds: Grounds, area_ids: Sequence[str], new: Sequence[DefineArea]) -> Refusal | None:
    """New areas that would take ground of others than those that end into them, or that overlap.

    What stands against one of them alone comes first; what is too intricate is not compared at all.
    """
    for each in new:
        if each.boundary is not None and each.boundary.objection is not None:
            return each.boundary.objection
    if grounds.entangled():
        return refusals.boundary_is_unusable("too many edges pass close by another's: simplify it")
    new_ids = [each.area_id for each in new]
    greedy = grounds.excess(area_ids, new_ids)
    if greedy:
        return area_refusals.successor_is_unfit(greedy, "it reaches beyond the ground that it comes from")
    overlap = grounds.overlap(new_ids)
    if overlap is None:
        return None
    one, other, strip = overlap
    return area_refusals.parts_overlap(one, _at(other, strip, grounds.at))


def _at(area_id: str, strip: Strip, since: datetime) -> Encroachment:
    return Encroachment(
        area_id=area_id,
        longitude=strip.longitude,
        latitude=strip.latitude,
        square_metres=strip.square_metres,
        since=since,
    )
