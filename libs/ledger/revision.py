"""The token by which a caller says which state it has seen."""

import re
from typing import NamedTuple

from libs.ledger.decider import Kind, Refusal

_TOKEN = re.compile(r"r(\d{1,18})\.(\d{1,18})(?:\.(\d{1,9}))?", re.ASCII)


class Revision(NamedTuple):
    """A place in the ledger and a version of a stream, seen in an incarnation of the ledger.

    Written `r1024.3`, and `r1024.3.28598123` where it is not the first incarnation.
    """

    position: int
    version: int
    incarnation: int = 1

    def __str__(self) -> str:
        life = f".{self.incarnation}" if self.incarnation > 1 else ""
        return f"r{self.position}.{self.version}{life}"


def parse_revision(token: str, field: str = "at_least") -> Revision:
    """Read a token. Raises `Refusal` REVISION_MALFORMED naming the request's field."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        message = "This is not a revision: use one exactly as an answer gave it."
        raise Refusal(Kind.INVALID, "REVISION_MALFORMED", message, field=field)
    return Revision(int(match[1]), int(match[2]), int(match[3] or 1))


def newer(token: str, other: str) -> str:
    """Which of two tokens shows more of the ledger as it is now; "" shows nothing."""
    if not (token and other):
        return token or other
    return max(token, other, key=_age)


def _age(token: str) -> tuple[int, int, int]:
    seen = parse_revision(token)
    return seen.incarnation, seen.position, seen.version


def history_changed(seen: Revision, why: str) -> Refusal:
    """Refuse a revision of a history that the ledger has no more."""
    return Refusal(
        Kind.PRECONDITION,
        "HISTORY_CHANGED",
        f"what you saw at {seen} was lost: {why}; read again what is there now, then decide again",
        revision=str(seen),
    )
