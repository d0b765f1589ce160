"""A copy of everything that a service keeps of one person: the events about them, read from its ledger.

Whatever lies under the person's key is in it by construction, whichever noun stored it, now or later.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.personal import Personal
from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Ledger

AT_A_CALL = 5_000
"""Events of the ledger that one call looks through: so none takes long, however large the ledger is."""
ENOUGH = 500_000
"""Letters of JSON after which an answer ends."""
_SECRET = "CREDENTIAL"  # noqa: S105  # a class: what nobody is ever shown again
_REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One event about the person: what it says of them, as JSON."""

    name: str
    stream: str
    occurred_at: datetime
    content: str


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies from one ledger."""

    ledger: Ledger

    def some(self, subject_id: str, after: int) -> tuple[list[Copied], int | None]:
        """What is about a person among the next events behind a position, and where to go on.

        None: at the end. A part that grows large ends before, so that it fits into an answer.
        """
        read = self.ledger.read(after, AT_A_CALL)
        found: list[Copied] = []
        size = 0
        for each in read:
            if _is_about(each, subject_id):
                found.append(copied := self._copied(each, subject_id))
                size += len(copied.content)
            if size >= ENOUGH:
                return found, each.position
        return found, read[-1].position if len(read) == AT_A_CALL else None

    def _copied(self, sealed: Recorded[Any], subject_id: str) -> Copied:
        [recorded] = self.ledger.read_stream(sealed.stream, sealed.version - 1, sealed.version)
        events = self.ledger.mapper.events
        classes = events.personal.get(recorded.name.removeprefix(f"{events.service}."), {})
        secret = {name for name, word in classes.items() if word == _SECRET}
        content = {
            name: value for name, value in _plain(recorded.event, subject_id).items() if name not in secret
        }
        said = recorded.metadata.said
        if said is not None and said.subject == subject_id:
            content[_REASON] = said.value
        return Copied(
            name=recorded.name,
            stream=recorded.stream,
            occurred_at=recorded.metadata.occurred_at,
            content=json.dumps(content, ensure_ascii=False),
        )


def _is_about(recorded: Recorded[Any], subject_id: str) -> bool:
    """Whether an event names the person, or keeps something under their key; not that somebody read it."""
    if not recorded.known or isinstance(recorded.event, PersonalDataDisclosed):
        return False
    said = recorded.metadata.said
    by_them = subject_id in (recorded.metadata.actor, recorded.metadata.on_behalf_of)
    if by_them or recorded.subject_id == subject_id or (said is not None and said.subject == subject_id):
        return True
    return any(each == subject_id for each in _names(recorded.event))


def _names(value: Any) -> Iterator[str]:
    """The texts in the clear, and the persons under whose keys something lies."""
    if isinstance(value, Personal):
        yield value.subject
    elif isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _names(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _names(key)
            yield from _names(each)
    elif isinstance(value, tuple | list | frozenset | set):
        for each in value:
            yield from _names(each)


def _plain(value: Any, subject_id: str) -> Any:
    """A value as JSON has it; what lies under somebody else's key is left out."""
    if isinstance(value, Personal):
        return value.value if value.subject == subject_id else None
    if isinstance(value, Enum):
        return _plain(value.value, subject_id)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name), subject_id) for name in names}
    if isinstance(value, Mapping):
        return {str(_plain(key, subject_id)): _plain(each, subject_id) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(each, subject_id) for each in value]
    return str(value)
