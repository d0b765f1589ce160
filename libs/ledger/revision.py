"""The token by which a caller says which state it has seen."""

import re
from typing import NamedTuple

from libs.ledger.decider import Kind, Refusal

_TOKEN = re.compile(r"r(\d{1,18})\.(\d{1,18})", re.ASCII)


class Revision(NamedTuple):
    """A place in the ledger and a version of a stream; written `r1024.3`."""

    position: int
    version: int

    def __str__(self) -> str:
        return f"r{self.position}.{self.version}"


def parse_revision(token: str, field: str = "at_least") -> Revision:
    """Read a token. Raises `Refusal` REVISION_MALFORMED naming the request's field."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        message = "This is not a revision: use one exactly as an answer gave it."
        raise Refusal(Kind.INVALID, "REVISION_MALFORMED", message, field=field)
    return Revision(int(match[1]), int(match[2]))
