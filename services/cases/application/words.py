"""The words of the domain in protobuf, for those who publish and those who answer."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_types_pb2 as types

from services.cases.domain import clocks
from services.cases.domain.values import Channel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CHANNELS: "dict[Channel, types.Channel.ValueType]" = {
    channel: types.Channel.Value(f"CHANNEL_{channel.name}") for channel in Channel
}
CLOCKS: "dict[clocks.ClockKind, types.ClockKind.ValueType]" = {
    kind: types.ClockKind.Value(f"CLOCK_KIND_{kind.name}") for kind in clocks.ClockKind
}


def deadline_of(deadline: clocks.Deadline) -> types.Deadline:
    """A promise as others see it, not met yet."""
    return types.Deadline(
        clock=CLOCKS[deadline.clock],
        warn_time=stamp(deadline.warn_at),
        due_time=stamp(deadline.due_at),
        commitment_id=deadline.commitment_id,
        commitment_version=deadline.commitment_version,
    )


def stamp(moment: datetime) -> Timestamp:
    """A moment as protobuf has it."""
    # Three times as fast as `FromDatetime`; every answer has several.
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def moment(stamp: Timestamp) -> datetime:
    """A moment as Python has it."""
    return stamp.ToDatetime(tzinfo=UTC)
