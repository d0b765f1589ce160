"""Events in their envelopes, as a test needs them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from libs.ledger.recorded import Context, Recorded
from libs.testkit.clocks import START


def recorded(
    stream: str,
    *events: Any,
    position: int = 1,
    at: datetime = START,
    context: Context | None = None,
) -> list[Recorded[Any]]:
    """A stream's events from version 1 on, one position and one second after the other."""
    context = context or Context(actor="somebody")
    return [
        Recorded(
            stream=stream,
            version=index + 1,
            position=position + index,
            name=type(event).__name__,
            event=event,
            metadata=context.metadata(at + timedelta(seconds=index)),
            recorded_at=at + timedelta(seconds=index),
        )
        for index, event in enumerate(events)
    ]


def in_order(*streams: Iterable[Recorded[Any]]) -> list[Recorded[Any]]:
    """The events of several streams by time, with new positions, as one ledger would hold them."""
    mixed = sorted((event for stream in streams for event in stream), key=lambda e: e.recorded_at)
    return [
        Recorded(
            stream=event.stream,
            version=event.version,
            position=position,
            name=event.name,
            event=event.event,
            metadata=event.metadata,
            recorded_at=event.recorded_at,
        )
        for position, event in enumerate(mixed, start=1)
    ]
