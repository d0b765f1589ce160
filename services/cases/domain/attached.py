"""Files that came with what somebody wrote, and whose evidence they can be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.cases.domain.values import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file by its `digest`, and the body that attached it; None if that was no body."""

    digest: str
    body_id: str | None
    at: datetime


def once(files: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """The files in their order; one that is named twice counts once."""
    return tuple(dict.fromkeys(files))


def attached_by(body_id: str | None, files: Iterable[Attachment], at: datetime) -> tuple[Attached, ...]:
    """What a body, or somebody else, has attached."""
    return tuple(Attached(digest=each.digest, body_id=body_id, at=at) for each in files)


def not_of(body_id: str | None, attached: Iterable[Attached]) -> frozenset[str]:
    """The digests of the files that somebody else had before a body did: those show nothing of its work.

    What the body attached first stays its own, whoever sends it back.
    """
    first: dict[str, str | None] = {}
    for each in sorted(attached, key=lambda each: each.at):
        first.setdefault(each.digest, each.body_id)
    return frozenset(digest for digest, owner in first.items() if owner is None or owner != body_id)
