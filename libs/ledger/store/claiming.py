"""Claims as events make and release them, in the transaction that appends these events."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Cursor

from libs.ledger.personal import Personal

_CLAIM = "INSERT INTO claims (kind, digest, holder) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
HOLDER = "SELECT holder FROM claims WHERE kind = %s AND digest = %s"
HOLDERS = "SELECT digest, holder FROM claims WHERE kind = %s AND digest = ANY(%s)"
_RELEASE = "DELETE FROM claims WHERE kind = %s AND holder = %s"
_GIVE_UP = "DELETE FROM claims WHERE kind = %s AND digest = %s AND holder = %s"


class Claimed(Exception):
    """Another one holds it already; nothing was stored."""

    def __init__(self, holder: str) -> None:
        super().__init__("another one holds this claim")
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Hold:
    """From this event on `holder` holds what has this digest; nobody else may hold it.

    A digest that is personal data of an erased person has no value any more, and claims nothing.
    """

    kind: str
    digest: Personal | str
    holder: str

    @property
    def value(self) -> str | None:
        """The digest in clear."""
        return self.digest.value if isinstance(self.digest, Personal) else self.digest


@dataclass(frozen=True, slots=True)
class Release:
    """From this event on `holder` holds nothing of this kind."""

    kind: str
    holder: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """From this event on `holder` no longer holds what has this digest, and goes on holding the rest."""

    kind: str
    digest: Personal | str
    holder: str

    @property
    def value(self) -> str | None:
        """The digest in clear; None if it is personal data of an erased person."""
        return self.digest.value if isinstance(self.digest, Personal) else self.digest


Change = Hold | Release | GiveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """Which events make and release claims of one kind: all that a claim is made of lies in the ledger.

    `holds`: from an event's stored name to what it claims, the digest and the holder; `gives_up`: to what it
    releases, likewise; `releases`: to the holder who from then on holds nothing of this kind.
    """

    kind: str
    holds: Mapping[str, Callable[[Any], tuple[Personal | str, str]]]
    releases: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    gives_up: Mapping[str, Callable[[Any], tuple[Personal | str, str]]] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The stored names of all events that change claims of this kind."""
        return frozenset((*self.holds, *self.releases, *self.gives_up))

    def changes(self, name: str, event: Any) -> Iterator[Change]:
        """What an event changes."""
        if name in self.releases:
            yield Release(self.kind, self.releases[name](event))
        if name in self.gives_up:
            yield GiveUp(self.kind, *self.gives_up[name](event))
        if name in self.holds:
            yield Hold(self.kind, *self.holds[name](event))


def changing(changes: Iterable[Change]) -> Callable[[Cursor[Any]], None]:
    """The effect of an append whose events change these claims; refused with `Claimed`."""
    ordered = list(changes)

    def effect(cursor: Cursor[Any]) -> None:
        for change in ordered:
            match change:
                case Release(kind=kind, holder=holder):
                    cursor.execute(_RELEASE, [kind, holder])
                case GiveUp(kind=kind, value=digest, holder=holder):
                    cursor.execute(_GIVE_UP, [kind, digest, holder])
                case Hold(kind=kind, value=digest, holder=holder):
                    _hold(cursor, kind, digest, holder)

    return effect


def _hold(cursor: Cursor[Any], kind: str, digest: str | None, holder: str) -> None:
    cursor.execute(_CLAIM, [kind, digest, holder])
    row = cursor.execute(HOLDER, [kind, digest]).fetchone()
    if row is not None and row["holder"] != holder:
        raise Claimed(str(row["holder"]))
