"""What counts as a boundary."""

import json
import math

import pytest

from libs.geo.boundary import MAX_BYTES, BoundaryUnusable, check_boundary, geometry_of

SQUARE = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]]


def polygon(*rings: object) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def star(points: int) -> list[list[float]]:
    """Each edge crosses nearly every other: a repair would have to find points times points / 2 crossings."""
    turn = 2 * math.pi * (points // 2) / points
    ring = [[round(math.cos(turn * n), 6), round(math.sin(turn * n), 6)] for n in range(points)]
    return [*ring, ring[0]]


def comb(teeth: int) -> list[list[float]]:
    """Long, thin, slanting teeth that cross nothing, but whose boxes overlap, each with each."""
    ring: list[list[float]] = []
    for n in range(teeth):
        here, there = round(n / teeth, 7), round((n + 0.5) / teeth, 7)
        ring += [[here, -here], [10 + here, 10 - here], [10 + there, 10 - there], [there, -there]]
    return [*ring, [1, -1.5], [-0.5, -1.5], ring[0]]


def test_a_closed_ring_is_kept_as_it_is() -> None:
    checked = check_boundary(polygon(SQUARE))

    assert checked.note == ""
    assert geometry_of(checked.geojson).area == 16


def test_a_hole_stays_a_hole() -> None:
    hole = [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0], [1.0, 1.0]]

    checked = check_boundary(polygon(SQUARE, hole))

    assert geometry_of(checked.geojson).area == 15


def test_a_ring_that_crosses_itself_is_repaired_with_a_note() -> None:
    bow_tie = [[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]

    checked = check_boundary(polygon(bow_tie))

    assert "Self-intersection" in checked.note
    assert geometry_of(checked.geojson).is_valid
    assert geometry_of(checked.geojson).area == 2


def test_what_was_repaired_is_its_own_canonical_form() -> None:
    """Else a file with it would differ for ever from what was made of it."""
    spike = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [2.0, 3.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]]

    repaired = check_boundary(polygon(spike))

    assert repaired.note
    assert check_boundary(repaired.geojson).geojson == repaired.geojson


def test_heights_are_dropped() -> None:
    with_heights = [[*position, 12.5] for position in SQUARE]

    checked = check_boundary(polygon(with_heights))

    assert not geometry_of(checked.geojson).has_z


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("[1, 2]", "not a GeoJSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"type": "Point", "coordinates": [0, 0]}', "not Polygon or MultiPolygon"),
        ('{"type": ["Polygon"], "coordinates": []}', "not Polygon or MultiPolygon"),
        ('{"type": "Polygon"}', "no coordinates"),
        ('{"type": "Polygon", "coordinates": []}', "has no ring"),
        ('{"type": "MultiPolygon", "coordinates": []}', "no polygon"),
        ('{"type": "MultiPolygon", "coordinates": [[]]}', "no ring"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 0], [1, 0], [1, 1], [0, 0]]]}', "NaN"),
        ('{"type": "Polygon", "coordinates": [[[1e999, 0], [1, 0], [1, 1], [0, 0]]]}', "out of range"),
        (polygon(SQUARE[:3]), "four positions"),
        (polygon(SQUARE[:-1]), "not closed"),
        (polygon([["0", 0], [1, 0], [1, 1], ["0", 0]]), "not [longitude, latitude]"),
        (polygon([[0], [1, 0], [1, 1], [0]]), "not [longitude, latitude]"),
        (polygon([[True, False], [1, 0], [1, 1], [True, False]]), "not [longitude, latitude]"),
        (polygon([[0, 0, True], [1, 0], [1, 1], [0, 0, True]]), "not [longitude, latitude]"),
        (polygon([[0, 0, "up"], [1, 0], [1, 1], [0, 0, "up"]]), "not [longitude, latitude]"),
        (polygon([None, [1, 0], [1, 1], None]), "not [longitude, latitude]"),
        (polygon([[10**300, 0], [1, 0], [1, 1], [10**300, 0]]), "out of range"),
        (polygon([[0, 0]] * 4), "encloses no ground"),
        (polygon([[0, 0], [1, 1], [0, 0], [1, 1], [0, 0]]), "encloses no ground"),
        (polygon(star(501)), "crosses itself too often"),
        (polygon(comb(8_000)), "pass close by each other"),
        (polygon([[0, 0]] * 100_001), "simplify"),
        (polygon([[34.05, -118.2], [34.1, -118.2], [34.1, -118.3], [34.05, -118.2]]), "longitude first"),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "encloses no ground"),
        ("x" * (MAX_BYTES + 1), "simplify"),
    ],
)
def test_what_is_no_boundary_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(BoundaryUnusable) as refused:
        check_boundary(text)

    assert complaint in str(refused.value)
