"""Paths in the tree of areas (and of affairs): ids from the root, joined by `/` (`la/central/nc-12`)."""

from collections.abc import Sequence
from typing import NewType

AreaPath = NewType("AreaPath", str)
"""Where an area lies. Stored, sent and compared as the text it is; "" is nowhere.

A type of its own, so that mypy tells it from an id: a permit that was asked about an id would be refused
or, worse, granted by chance. What comes from the wire or from a view's rows becomes one by its name.
"""

NOWHERE = AreaPath("")


def path_of(ids: Sequence[str]) -> AreaPath:
    """The path through these ids, the root first."""
    return AreaPath("/".join(ids))


def below(parent: str, area_id: str) -> AreaPath:
    """The path of an area under `parent`; of a root where `parent` is ""."""
    return AreaPath(f"{parent}/{area_id}" if parent else area_id)


def id_of(path: str) -> str:
    """The id of the area at a path: its last part."""
    return path.rpartition("/")[2]


def ids_of(path: str) -> tuple[str, ...]:
    """The ids along a path, the root first; none for ""."""
    return tuple(path.split("/")) if path else ()


def parent_of(path: str) -> AreaPath:
    """The path one level up; "" above a root."""
    return AreaPath(path.rpartition("/")[0])


def within(path: str | None, above: str) -> bool:
    """Whether the area at `path` is the one at `above`, or lies below it. Everything lies within ""."""
    return not above or (path is not None and (path == above or path.startswith(above + "/")))


def meet(one: AreaPath, other: AreaPath) -> AreaPath | None:
    """The area that lies in both; None if there is none. "" is everywhere."""
    if within(one, other):
        return one
    return other if within(other, one) else None
