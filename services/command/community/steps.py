"""What is to be done so that a platform becomes what a file says, and the calls that do it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from google.protobuf.message import Message

_LONGEST_ID = 40


class Action(StrEnum):
    """What becomes of one thing."""

    CREATE = "create"
    CHANGE = "change"
    END = "end"
    LEAVE = "leave alone"
    CANNOT = "cannot change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command by its rpc; `since` is what it was made from, such as the version that it replaces.

    `bound`: `since` is a revision, and the command holds only while nobody else has changed the thing.
    `named_by`: the part of the request that is no personal data. An id stays in the clear for ever, also
    after an erasure: made from all of the request, a guess at the rest could be checked against it.
    """

    service: str
    rpc: str
    request: Any
    since: str = ""
    bound: bool = False
    named_by: Any = None

    def sent(self, at: str) -> Message:
        """The request with its id: the same content for the same state is the same request.

        `at`: the revision that the thing has by now.
        """
        names = self.request if self.named_by is None else self.named_by
        content: bytes = names.SerializeToString(deterministic=True)
        said = b"\0".join((self.rpc.encode(), self.since.encode(), content))
        sent: Any = type(self.request)()
        sent.CopyFrom(self.request)
        if self.bound:
            sent.if_revision = at
        sent.request_id = f"community-{sha256(said).hexdigest()[:_LONGEST_ID]}"
        return sent  # type: ignore[no-any-return] # a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing of the file, and what becomes of it."""

    action: Action
    section: str
    name: str
    why: str = ""
    calls: Sequence[Call] = field(default=())
