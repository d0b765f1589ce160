"""Where a follower goes on: a position of a source, bound to its history and to what is followed."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from libs.ledger.decider import Kind, Refusal
from libs.messaging.translate import Source

_TOKEN = re.compile(r"1\.([0-9]{1,16})\.([0-9a-f]{16})\.([0-9a-f]{16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A position, and the first bytes of the chain there."""

    position: int
    chain: bytes

    def token(self, about: str) -> str:
        """What a follower gives to go on from here; `about`: what it follows."""
        return f"1.{self.position}.{self.chain[:8].hex()}.{about}"


def about(source: Source, wanted: Iterable[str]) -> str:
    """A short name for what is followed: the source, and the keys."""
    said = "\0".join((source.name, *sorted(wanted)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def place_of(token: str, about: str) -> Place:
    """Where a token says to go on. Refuses RESUME_TOKEN_INVALID if it is one of something else."""
    match = _TOKEN.fullmatch(token)
    if match is None or match[3] != about:
        raise Refusal(
            Kind.INVALID,
            "RESUME_TOKEN_INVALID",
            "this resume_token is of another stream, or damaged: give that of the newest message of a stream"
            " that follows the same, from the same service; or leave it out to begin with the state as it is"
            " now",
            field="resume_token",
        )
    return Place(int(match[1]), bytes.fromhex(match[2]))


def must_be_there(source: Source, after: int, chain: bytes) -> None:
    """Refuse a position that the source has not reached, or at which it has another history.

    Its reader would silently miss what was recorded instead. `chain`, or its beginning; empty: not known.
    """
    if after <= source.head():
        if chain and chain != source.chain_at(after)[: len(chain)]:
            raise _history_changed(source, after, chain)
        return
    head = source.newest()  # another process may have recorded what this one has not heard of
    if after > head:
        raise Refusal(
            Kind.PRECONDITION,
            "POSITION_AHEAD",
            f"{source.name} has recorded nothing beyond {head}, and you ask for what follows {after}:"
            " it was restored from an older backup, or your position is of another cell;"
            " read again from 0, or from a position that you know to be of this source",
            after=str(after),
            head=str(head),
        )


def _history_changed(source: Source, after: int, chain: bytes) -> Refusal:
    return Refusal(
        Kind.PRECONDITION,
        "HISTORY_CHANGED",
        f"{source.name} has another history at {after} than the one you have read: it was restored from an"
        " older backup; compare what you have with what it has, then read again from a position at which"
        " the chains agree, or from 0",
        after=str(after),
        chain=chain.hex(),
        found=source.chain_at(after)[: len(chain)].hex(),
    )
