"""Cells: places within a given distance of each other lie in the same cell or in two that touch.

Rows of cells go around the earth along the parallels. All rows are as high as the distance, and the cells of
a row are as wide as it, or a little wider, so that they fit around the earth. No projection is needed, at no
latitude and not where longitudes meet.
"""

from math import cos, floor, radians

EARTH_METRES = 6_371_008.8
"""The mean radius of the earth, taken as a sphere (IUGG)."""


class Cells:
    """The cells for a distance in metres, at most a tenth of the earth's radius."""

    def __init__(self, metres: float) -> None:
        self._height = 1.000001 * metres / radians(EARTH_METRES)  # degrees

    def of(self, latitude: float, longitude: float) -> str:
        """The cell in which a place (WGS 84, degrees) lies."""
        row = self._row(latitude)
        return _name(row, self._column(row, longitude))

    def around(self, latitude: float, longitude: float) -> list[str]:
        """That cell, and those that touch it: nine, but for a few near the poles."""
        found: dict[str, None] = {}
        middle = self._row(latitude)
        for row in range(max(0, middle - 1), min(middle + 1, self._row(90.0)) + 1):
            column, many = self._column(row, longitude), self._columns(row)
            found.update(dict.fromkeys(_name(row, (column + step) % many) for step in (-1, 0, 1)))
        return list(found)

    def _row(self, latitude: float) -> int:
        return floor((latitude + 90.0) / self._height)

    def _column(self, row: int, longitude: float) -> int:
        many = self._columns(row)
        return floor((longitude + 180.0) / 360.0 * many) % many

    def _columns(self, row: int) -> int:
        """How many cells the row has, by the shortest parallel that is of it or touches a row beside it."""
        farthest = max(abs((row - 1) * self._height - 90.0), abs((row + 2) * self._height - 90.0))
        if farthest >= 90.0:
            return 1
        return max(1, floor(360.0 * cos(radians(farthest)) / self._height))


def _name(row: int, column: int) -> str:
    return f"{row}/{column}"
