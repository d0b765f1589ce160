"""The refusals about ground: a boundary that does not go together with that of another area."""

from libs.ledger.decider import Kind, Refusal
from services.identity.domain.values import Encroachment


def boundary_is_beyond(on: Encroachment) -> Refusal:
    """Ground outside the area above that has a boundary."""
    return Refusal(
        Kind.PRECONDITION,
        "BOUNDARY_BEYOND_PARENT",
        f"the boundary reaches beyond that of {on.area_id}, which bounds it, {on}; draw it within"
        " that one, or have that one changed first",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def boundary_leaves_out(on: Encroachment) -> Refusal:
    """Ground of an area below lies outside."""
    return Refusal(
        Kind.PRECONDITION,
        "BOUNDARY_LEAVES_OUT_AREA",
        f"{on.area_id}, an area below, reaches beyond this boundary, {on}; change that one first",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def ground_is_out_of_reach(on: Encroachment) -> Refusal:
    """Ground of an area that somebody else plans, or that no area of the caller's holds."""
    return Refusal(
        Kind.PERMISSION,
        "GROUND_OUT_OF_REACH",
        f"the boundary takes ground that your grants do not let you plan, of {on.area_id}, {on}; leave that"
        " out, or ask somebody who may plan it, too",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )
