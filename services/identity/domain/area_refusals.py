"""The refusals about areas that change: names, ends, and what comes after."""

from datetime import datetime

from libs.ledger.decider import Kind, Refusal
from services.identity.domain.values import Encroachment


def area_ends(area_id: str, until: datetime, field: str = "area_id") -> Refusal:
    """There is no such area at the moment in question, or there will not be for long."""
    return Refusal(
        Kind.PRECONDITION,
        "AREA_ENDS",
        f"{area_id} ends, or has ended, at {until.isoformat()}; take a successor (GetArea names them)",
        field=field,
        area_id=area_id,
        valid_until=until.isoformat(),
    )


def name_lies_ahead() -> Refusal:
    """Neighbours would show the name at once."""
    advice = "a name takes effect now or earlier; rename the area when that moment has come"
    return Refusal(Kind.INVALID, "NAME_LIES_AHEAD", advice, field="valid_from_time")


def name_is_taken(area_id: str) -> Refusal:
    """An area under the same parent would be taken for this one."""
    advice = f"{area_id}, under the same parent, is called so; give a name that nobody can mistake"
    return Refusal(Kind.ALREADY_EXISTS, "AREA_NAME_TAKEN", advice, field="name", area_id=area_id)


def end_is_past() -> Refusal:
    """What was located in the area and counted in reports would have lain in no area."""
    advice = "an area ends now or later: what was recorded in it until now stays as it was recorded"
    return Refusal(Kind.INVALID, "END_IN_THE_PAST", advice, field="valid_until_time")


def areas_are_below(area_id: str, how_many: int) -> Refusal:
    """They would hang under nothing."""
    return Refusal(
        Kind.PRECONDITION,
        "AREA_HAS_AREAS_BELOW",
        f"{how_many} areas below it do not end by then, {area_id} among them; end those first",
        field="area_id",
        area_id=area_id,
        areas=str(how_many),
    )


def successor_is_unfit(area_id: str, reason: str) -> Refusal:
    """What comes after an area must be there, beside it, at that moment."""
    return Refusal(
        Kind.PRECONDITION,
        "SUCCESSOR_UNFIT",
        f"{area_id} cannot come after the area: {reason}",
        field="successor_area_ids",
        area_id=area_id,
    )


def area_is_awaited(area_id: str) -> Refusal:
    """Another area is to end into this one."""
    return Refusal(
        Kind.PRECONDITION,
        "AREA_AWAITED",
        f"{area_id} is to end later, and names this area as its successor; change that end first",
        field="area_id",
        area_id=area_id,
    )


def ground_is_lost(on: Encroachment) -> Refusal:
    """Who lives there would live in no area of this level."""
    return Refusal(
        Kind.PRECONDITION,
        "GROUND_WITHOUT_SUCCESSOR",
        f"the successors do not hold all ground of {on.area_id}, {on}; draw them around all of it",
        field="successor_area_ids",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def parts_overlap(one: str, on: Encroachment) -> Refusal:
    """Two new areas would claim the same house."""
    return Refusal(
        Kind.PRECONDITION,
        "PARTS_OVERLAP",
        f"{one} and {on.area_id} overlap, {on}; draw each house into one of them",
        field="parts",
        area_id=on.area_id,
        other_area_id=one,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def areas_are_too_few(field: str) -> Refusal:
    """One area is neither split nor merged with itself."""
    advice = "name two different areas or more; RenameArea and ChangeBoundary change one alone"
    return Refusal(Kind.INVALID, "AREAS_TOO_FEW", advice, field=field)
