"""A row of any file, and what may be wrong with a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class FileWrong(Exception):
    """A file cannot be read: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the line on which it ends (in JSON and Excel its number): text by column, as folded.

    `problem` says why it could not be split into its columns; it has no values then.
    """

    line: int
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
