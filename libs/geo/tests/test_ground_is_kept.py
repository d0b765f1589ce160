"""Whatever somebody draws for areas of their own, it takes no point from areas that are not theirs."""

from dataclasses import dataclass
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.geo.tests.drawing import IN_2019, IN_2020, IN_2021, square

MOMENTS = (IN_2019, IN_2020, IN_2021)
POINTS = [(x + 0.5, y + 0.5) for x in range(6) for y in range(3)]


@dataclass(frozen=True, slots=True)
class Drawing:
    """An area, by its place in the tree, is given a square from a moment on."""

    area: int
    boundary: str
    since: datetime


@st.composite
def trees(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Paths of areas, those above first."""
    paths: list[tuple[str, ...]] = []
    for n in range(draw(st.integers(3, 9))):
        above = draw(st.sampled_from([(), *paths]))
        paths.append((*above, f"area-{n}"))
    return paths


DRAWINGS = st.builds(
    Drawing,
    area=st.integers(0, 8),
    boundary=st.builds(square, st.integers(0, 4), st.integers(0, 1), st.integers(1, 6)),
    since=st.sampled_from(MOMENTS),
)


def index_of(paths: list[tuple[str, ...]], drawings: list[Drawing]) -> AreaIndex:
    versions: dict[str, list[BoundaryRow]] = {}
    for rank, drawing in enumerate(drawings):
        path = paths[drawing.area % len(paths)]
        of_area = versions.setdefault(path[-1], [])
        of_area.append(
            BoundaryRow(
                area_id=path[-1],
                path=path,
                rank=rank,
                version=len(of_area) + 1,
                boundary=drawing.boundary,
                valid_from=drawing.since,
            )
        )
    return AreaIndex(with_validity(versions))


@given(
    paths=trees(),
    mine=st.integers(0, 8),
    before=st.lists(DRAWINGS, max_size=12),
    drawn=st.lists(DRAWINGS, min_size=1, max_size=4),
)
def test_no_drawing_takes_a_point_from_an_area_of_somebody_else(
    paths: list[tuple[str, ...]], mine: int, before: list[Drawing], drawn: list[Drawing]
) -> None:
    planned = paths[mine % len(paths)]
    own = [drawing for drawing in drawn if paths[drawing.area % len(paths)][: len(planned)] == planned]

    then, now = index_of(paths, before), index_of(paths, [*before, *own])

    for at in MOMENTS:
        for x, y in POINTS:
            found = then.locate(x, y, at)
            if found is None or planned[-1] in found.chain or found.chain == planned[: len(found.chain)]:
                continue  # nobody's, the planner's own, or of an area above it that is divided further
            after = now.locate(x, y, at)
            assert (after and after.chain) == found.chain, (x, y, at)
