"""How many edges of boundaries come near each other: what a question about two geometries costs.

Real boundaries come near each other with few of their edges (the councils of Los Angeles: with fewer
than four for each edge). Where nearly all do, a repair or an intersection takes minutes and gigabytes,
and nothing can stop it once it has begun.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

MOST_IN_ONE = 20_000_000
"""Most pairs of edges of one boundary with overlapping boxes; so many take half a second to validate."""

_TANGLE = 30_000
_FOR_EACH_EDGE = 8
_AT_A_TIME = 4_000_000


def entangled(one: BaseGeometry, other: BaseGeometry, most: int = 0) -> bool:
    """Whether more than `most` pairs of an edge of each have overlapping boxes.

    By default as many as leave repairing one, or intersecting both, a matter of a second.
    """
    about = int(shapely.get_num_coordinates(one)), int(shapely.get_num_coordinates(other))
    most = most or _TANGLE + _FOR_EACH_EDGE * sum(about)
    if about[0] * about[1] <= most:
        return False
    edges, others = _edges(one, other.bounds), _edges(other, one.bounds)
    if len(edges) * len(others) <= most:
        return False
    tree = shapely.STRtree(others)
    step = max(1, _AT_A_TIME // len(others))
    found = 0
    for start in range(0, len(edges), step):
        found += tree.query(edges[start : start + step]).shape[1]
        if found > most:
            return True
    return False


def _edges(geometry: BaseGeometry, near: tuple[float, float, float, float]) -> NDArray[Any]:
    """The edges whose boxes touch the box `near`."""
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    starts, ends = points[:-1], points[1:]
    touching = (np.maximum(starts, ends) >= near[:2]) & (np.minimum(starts, ends) <= near[2:])
    edges = (ring[1:] == ring[:-1]) & touching[:, 0] & touching[:, 1]
    return np.asarray(shapely.linestrings(np.stack([starts[edges], ends[edges]], axis=1)))
