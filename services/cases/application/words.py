"""The words of the domain in protobuf, for those who publish and those who answer."""

from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import stamp
from services.cases.domain import clocks
from services.cases.domain.values import Channel

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
