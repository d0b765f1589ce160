"""Whoever draws, and whatever they draw: they stay on their own ground."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.geo.atlas import Atlas
from libs.geo.boundary import geometry_of
from libs.geo.effort import Effort
from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.geo.strips import outside, shared
from libs.geo.tests.drawing import IN_2019, IN_2020, square
from libs.ledger.decider import Refusal
from libs.query.reach import Jurisdiction, Limit, Permit, Reach, not_covered
from libs.rules.areas import AreaPath, ids_of, within
from services.identity.application.ground import objection

LATER = datetime(2022, 1, 1, tzinfo=UTC)
PATHS = (
    "a", "a/1", "a/1/x", "a/1/y", "a/2", "a/2/x2", "b", "b/1b", "b/1b/xb", "b/2b",
)  # fmt: skip
POINTS = [(x + 0.5, y + 0.5) for x in range(6) for y in range(3)]
BOUNDARIES = st.builds(square, st.integers(0, 4), st.integers(0, 1), st.integers(1, 6))
DRAWINGS = st.tuples(st.sampled_from(PATHS), BOUNDARIES, st.sampled_from([IN_2019, IN_2020]))


def permit_of(path: str) -> Permit:
    """What a planner's token lets them plan."""
    reach = Reach((Limit(path),))

    def permit(of: Jurisdiction) -> None:
        if not reach.covers(area_path=of.area_path or None):
            raise not_covered(of.area_path, None)

    return permit


class Town:
    """Boundaries as identity records them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[BoundaryRow]] = {}
        self.atlas = Atlas()
        self.recorded = 0

    def draw(self, planner: str, path: str, boundary: str, since: datetime) -> bool:
        """Whether the boundary is taken."""
        permit = permit_of(planner)
        if not within(path, planner) or objection(
            self.atlas, AreaPath(path), boundary, since, permit, Effort()
        ):
            return False
        self.recorded += 1
        area_id = ids_of(path)[-1]
        versions = self.rows.setdefault(area_id, [])
        row = BoundaryRow(
            area_id=area_id,
            path=ids_of(path),
            rank=self.recorded,
            version=len(versions) + 1,
            boundary=boundary,
            valid_from=since,
        )
        versions.append(row)
        self.atlas = self.atlas.with_rows([row])
        return True

    def where(self, at: datetime) -> dict[tuple[float, float], tuple[str, ...]]:
        index = AreaIndex(with_validity(self.rows))
        found = {point: index.locate(*point, at) for point in POINTS}
        return {point: located.chain for point, located in found.items() if located}


@given(
    planner=st.sampled_from(PATHS),
    before=st.lists(DRAWINGS, max_size=10),
    drawn=st.lists(DRAWINGS, min_size=1, max_size=5),
)
def test_no_planner_changes_where_a_point_of_somebody_elses_ground_lies(
    planner: str, before: list[tuple[str, str, datetime]], drawn: list[tuple[str, str, datetime]]
) -> None:
    town = Town()
    for path, boundary, since in before:
        town.draw("", path, boundary, since)
    then = {at: town.where(at) for at in (IN_2019, IN_2020, LATER)}

    for path, boundary, since in drawn:
        town.draw(planner, path, boundary, since)

    for at, places in then.items():
        now = town.where(at)
        for point, chain in places.items():
            own_or_above = within("/".join(chain), planner) or within(planner, "/".join(chain))
            assert own_or_above or now.get(point) == chain, (point, at)


@given(
    planner=st.sampled_from(PATHS),
    before=st.lists(DRAWINGS, max_size=10),
    path=st.sampled_from(PATHS),
    boundary=BOUNDARIES,
)
def test_what_is_taken_lies_within_what_bounds_it_and_takes_nothing_of_others(
    planner: str, before: list[tuple[str, str, datetime]], path: str, boundary: str
) -> None:
    town = Town()
    for drawing in before:
        town.draw("", *drawing)
    atlas = town.atlas

    if not town.draw(planner, path, boundary, LATER):
        return

    ground, area_id = geometry_of(boundary), ids_of(path)[-1]
    bounds, mine = atlas.bounding(ids_of(path), LATER), atlas.at(area_id, LATER)
    assert bounds is None or outside(ground, bounds.ground) is None
    gained = ground.difference(mine.ground) if mine else ground
    for other_path in PATHS:
        other = atlas.at(ids_of(other_path)[-1], LATER)
        apart = not within(other_path, path) and not within(path, other_path)
        if other is None or within(other_path, planner) or not apart:
            continue
        if atlas.bounding(other.row.path, LATER) is bounds:
            assert shared(gained, other.ground) is None, other_path


def crowded() -> Atlas:
    town = Town()
    town.draw("", "a", square(0, 0, 6), IN_2019)
    town.draw("", "a/1", square(0, 0, 2), IN_2019)
    return town.atlas


def test_a_boundary_that_takes_too_long_to_compare_is_refused() -> None:
    refused = objection(crowded(), AreaPath("a/2"), square(2, 0, 2), LATER, permit_of("a"), Effort(12))

    assert refused is not None
    assert refused.code == "BOUNDARY_UNUSABLE"


def test_no_boundary_is_compared_for_a_caller_who_waits_no_longer() -> None:
    with pytest.raises(Refusal, check=lambda refusal: refusal.code == "DEADLINE_TOO_NEAR"):
        objection(crowded(), AreaPath("a/2"), square(2, 0, 2), LATER, permit_of("a"), Effort(deadline=0.0))
