"""How ids come about: fresh ones, ones derived from a request, and stream names."""

import re
from uuid import UUID, uuid5

from libs.ledger.decider import Kind, Refusal
from libs.ledger.randomness import random_bytes

# Any constant will do; it keeps our derived ids apart from everybody else's uuid5s.
_DERIVED = UUID("6c696e6c-6921-4e65-b967-68626f757273")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}", re.ASCII)


def new_id() -> str:
    """A fresh id: 32 hexadecimal digits."""
    return random_bytes(16).hex()


def derived_id(caller: str, request_id: str) -> str:
    """The id of what a request creates: the same for the same caller and request.

    So the repetition of a request finds the stream that the first one made. The length goes
    first so that no two different pairs read the same.
    """
    return uuid5(_DERIVED, f"{len(caller)}:{caller}:{request_id}").hex


def stream_name(category: str, subject_id: str) -> str:
    """`case-3f2a` from `case` and `3f2a`.

    Raises `Refusal` ID_INVALID for an id that nobody here can have given: it comes from a caller.
    """
    if not _ID.fullmatch(subject_id):
        raise Refusal(
            Kind.INVALID,
            "ID_INVALID",
            f"this is not an id of a {category}: use the id exactly as it was given to you",
            field=f"{category}_id",
        )
    return f"{category}-{subject_id}"
