"""A grid over geometries: which of them a point may lie in, mostly without asking."""

import math
import threading
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

Candidate = tuple[int, bool]
"""The number of a geometry, and whether it has the whole cell inside."""

_Cell = tuple[int, int]


class Grid:
    """Which geometries a point may lie in: the plane in cells, some to the side of a usual geometry's box.

    What lies in a cell is found out when it is first asked for. A cell wholly inside a geometry leaves
    nothing to ask. That matters more than its time: every question to shapely lets go of the
    interpreter's lock, and under load waits to get it back.
    """

    _CELLS_A_SIDE = 16
    _SMALLEST = 1e-6  # degrees, ten centimetres: smaller cells come near the rounding of coordinates
    _KEPT = 100_000

    def __init__(self, geometries: Sequence[BaseGeometry]) -> None:
        self._geometries = geometries
        self._boxes = [geometry.bounds for geometry in geometries]
        sides = sorted(max(east - west, north - south) for west, south, east, north in self._boxes)
        usual = sides[len(sides) // 2] if sides else 0.0
        self._side = max(usual / self._CELLS_A_SIDE, self._SMALLEST)
        edges = list(zip(*self._boxes, strict=True)) or [(0.0,)] * 4
        self._bounds = min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3])
        self._known: dict[_Cell, tuple[Candidate, ...]] = {}
        self._finding_out = threading.Lock()

    def around(self, x: float, y: float) -> tuple[Candidate, ...]:
        """The candidates for a point, in their order."""
        west, south, east, north = self._bounds
        if not (west <= x <= east and south <= y <= north):  # as well where it is no number
            return ()
        cell = math.floor(x / self._side), math.floor(y / self._side)
        known = self._known.get(cell)
        return self._find_out(cell) if known is None else known

    def _find_out(self, cell: _Cell) -> tuple[Candidate, ...]:
        # A little more than the cell, so that rounding loses no point.
        little = self._side * 1e-6
        west, south = cell[0] * self._side - little, cell[1] * self._side - little
        east, north = west + self._side + 2 * little, south + self._side + 2 * little
        whole = shapely.box(west, south, east, north)
        near = [
            i
            for i, (left, bottom, right, top) in enumerate(self._boxes)
            if left <= east and west <= right and bottom <= north and south <= top
        ]
        with self._finding_out:  # a prepared geometry builds what such questions need without a lock
            touched = [i for i in near if shapely.intersects(self._geometries[i], whole)]
            found = tuple((i, bool(shapely.contains_properly(self._geometries[i], whole))) for i in touched)
        if len(self._known) >= self._KEPT:
            self._known.clear()
        self._known[cell] = found
        return found
