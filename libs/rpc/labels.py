"""What people read in place of an enum value's name: the labels in the protos. It needs no grpc."""

from typing import TYPE_CHECKING, Any

from linli.options.v1 import labels_pb2

from libs.ledger.text import Text

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper


def label_of(enum: "_EnumTypeWrapper[Any]", number: int) -> Text:
    """The label of a value in both languages; empty where this release knows none."""
    value = enum.DESCRIPTOR.values_by_number.get(number)
    if value is None:
        return Text()
    label = value.GetOptions().Extensions[labels_pb2.label]
    return Text(zh=label.zh, en=label.en)
