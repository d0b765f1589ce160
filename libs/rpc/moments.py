"""Moments on the wire and in Python. Neither grpc nor the server is needed for it: workers use it, too."""

from datetime import UTC, datetime, timedelta

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(moment: datetime) -> Timestamp:
    """An aware moment as protobuf has it."""
    # By hand, as the other way round: a fifth of protobuf's time, and every answer has several.
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def stamp_or_none(moment: datetime | None) -> Timestamp | None:
    """The same for what may not have a moment; the field then stays unset."""
    return None if moment is None else stamp(moment)


def moment(stamp: Timestamp) -> datetime:
    """A moment as Python has it: aware, in UTC, cut to microseconds."""
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1_000)


def moment_of(message: Message, field: str) -> datetime | None:
    """The moment in a field; None if it is not set."""
    return moment(getattr(message, field)) if message.HasField(field) else None
