"""What a file holds before it means anything: nodes, each with the file, line and column where it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where something stands; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it is written; `plain` without quotes, so that YAML may take it for more."""

    spot: Spot
    value: str
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    spot: Spot
    items: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping: each key with its value, in order."""

    spot: Spot
    entries: list[tuple[Text, "Node"]] = field(default_factory=list)


Node = Text | Items | Fields


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong: where, which of the kinds in `wording`, and the words to fill in."""

    spot: Spot
    kind: str
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Problems:
    """All that is wrong; each spot is told once of each kind."""

    def __init__(self) -> None:
        self._found: dict[tuple[Spot, str], Problem] = {}

    def add(self, spot: Spot, kind: str, **about: Any) -> None:
        """One more."""
        self._found.setdefault((spot, kind), Problem(spot, kind, about))

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._found.values()))

    def __bool__(self) -> bool:
        return bool(self._found)

    def at(self, spot: Spot) -> bool:
        """Whether something is wrong at a spot already."""
        return any(where == spot for where, _ in self._found)
