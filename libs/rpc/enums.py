"""Enums of the domain and of the wire, translated both ways from one table."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

D = TypeVar("D", bound=Enum)
W = TypeVar("W", bound=int)


class EnumTable(Generic[D, W]):
    """`CHANNELS = EnumTable(pb.Channel, Channel)`: `CHANNELS.to_wire(Channel.WEB)`, `CHANNELS.from_wire(1)`.

    Members are matched by name: `Channel.WEB` is `CHANNEL_WEB`. Where the domain uses another word,
    `names` gives the wire's without its prefix: `{Unit.WORKING_DAYS: "WORKDAYS"}`.

    Raises TypeError, when it is made, unless every member has a value on the wire and every value but
    UNSPECIFIED has a member (`only_on_wire` excepts some, without their prefix).
    """

    def __init__(
        self,
        wire: "_EnumTypeWrapper[W]",
        domain: type[D],
        *,
        names: Mapping[D, str] | None = None,
        only_on_wire: frozenset[str] = frozenset(),
    ) -> None:
        numbers = dict(wire.items())
        zero = next(name for name, number in numbers.items() if number == 0)
        self.prefix = zero.removesuffix("UNSPECIFIED")
        named = {member: self.prefix + (names or {}).get(member, member.name) for member in domain}
        known = {self.prefix + name for name in only_on_wire} | {zero}
        if strange := set(named.values()) ^ (set(numbers) - known):
            raise TypeError(f"{wire.DESCRIPTOR.full_name} and {domain.__name__} differ: {sorted(strange)}")
        self._to_wire = {member: numbers[name] for member, name in named.items()}
        self._from_wire: dict[int, D] = {number: member for member, number in self._to_wire.items()}

    def to_wire(self, member: D) -> W:
        """The number on the wire."""
        return self._to_wire[member]

    def from_wire(self, number: int) -> D:
        """The member of the domain. Raises KeyError for UNSPECIFIED: declare the field `required`."""
        return self._from_wire[number]

    def from_wire_or_none(self, number: int) -> D | None:
        """The same, for a field that may be left out."""
        return self._from_wire.get(number)
