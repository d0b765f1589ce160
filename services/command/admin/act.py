"""What an entry in the table of acts says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.command.lazy import Lazy


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One verb of `linli admin`: an rpc, and what people see of it. All else comes from the rpc's request."""

    rpc: str
    summary: str
    more: str = ""
    """The rest of its help."""
    takes: tuple[str, ...] = ()
    """Fields given as words without an option, in this order."""
    asks: tuple[str, ...] = ()
    """Fields with a person's data: asked for or read from a file, and no option, which others could read."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Help of a field, where `words.WORDS` does not fit."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Of lists: options, and the field of the filter that each compares."""
    columns: tuple[str, ...] = ()
    """Of the table of a list: fields of a row [all of them]."""
    secret: str = ""
    """The field of the answer that is shown once, on a terminal or in a new file of the caller."""
    follows: str = ""
    """Of what cannot simply be taken back: what follows from it. The caller is asked first."""
    twice: bool = False
    """Asked twice: the second time the first word has to be typed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What a group of acts is about."""

    summary: str
    acts: Mapping[str, Act]
    others: Mapping[str, Lazy] = field(default_factory=dict)
    """Verbs that are no single rpc."""
