"""What a service tells its neighbours about a stored event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from libs.ledger.recorded import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published message, and who may see it in the feed.

    A reader sees the event if `public` (reference data: areas, affairs), or if their grant
    covers `area_path` or is held for one of `body_ids`. Without any of these only a reader
    whose grant covers everything sees it. `subject` defaults to the stream (`case-3f2a...`),
    `area_id` to the last id of the area in the event's metadata, `occurred_at` to the moment of the
    command: an event with a moment of its own says it here (a deadline that had passed before
    anybody noticed).
    Never personal data: ids and facts.
    """

    message: Message
    public: bool = False
    area_path: str = ""
    body_ids: tuple[str, ...] = ()
    area_id: str = ""
    subject: str = ""
    occurred_at: datetime | None = None


Publish = Callable[[Recorded[Any]], Published | None]
"""`adapters/publishing.py` of each service: a stored event -> what is published, or nothing."""
