"""Enums of the domain and of the wire, translated both ways from one table; a neighbour's, kept as words."""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

D = TypeVar("D", bound=Enum)
W = TypeVar("W", bound=int)


class EnumTable(Generic[D, W]):
    """`CHANNELS = EnumTable(pb.Channel, Channel)`: `CHANNELS.to_wire(Channel.WEB)`, `CHANNELS.from_wire(1)`.

    Members are matched by name: `Channel.WEB` is `CHANNEL_WEB`. Where the domain uses another word,
    `names` gives the wire's without its prefix: `{Unit.WORKING_DAYS: "WORKDAYS"}`.

    Raises TypeError, when it is made, unless every member has a value on the wire and every value but
    UNSPECIFIED has a member (`only_on_wire` excepts some, without their prefix; `only_here` members).
    """

    def __init__(
        self,
        wire: "_EnumTypeWrapper[W]",
        domain: type[D],
        *,
        names: Mapping[D, str] | None = None,
        only_on_wire: frozenset[str] = frozenset(),
        only_here: Collection[D] = (),
    ) -> None:
        numbers = dict(wire.items())
        self.prefix = prefix_of(wire)
        members = [member for member in domain if member not in only_here]
        named = {member: self.prefix + (names or {}).get(member, member.name) for member in members}
        known = {self.prefix + name for name in (*only_on_wire, "UNSPECIFIED")}
        if strange := set(named.values()) ^ (set(numbers) - known):
            raise TypeError(f"{wire.DESCRIPTOR.full_name} and {domain.__name__} differ: {sorted(strange)}")
        self._names = named
        self._to_wire = {member: numbers[name] for member, name in named.items()}
        self._from_wire: dict[int, D] = {number: member for member, number in self._to_wire.items()}

    def to_wire(self, member: D) -> W:
        """The number on the wire."""
        return self._to_wire[member]

    def from_wire(self, number: int) -> D:
        """The member of the domain. Raises KeyError for UNSPECIFIED: declare the field `required`."""
        return self._from_wire[number]

    @property
    def stored(self) -> Mapping[str, str]:
        """What each value is stored as, by its name without the prefix: what callers filter by."""
        return {self._names[member].removeprefix(self.prefix): str(member.value) for member in self._names}


class EnumWords:
    """A neighbour's enum of which only the words are kept: `EnumWords(pb.Channel).word(1)` is `web`.

    A neighbour may have values that this release does not know.
    """

    def __init__(self, wire: "_EnumTypeWrapper[W]") -> None:
        self.prefix = prefix_of(wire)
        self._numbers = {self.word_of(name): number for name, number in wire.items() if number}
        self._words: dict[int, str] = {number: word for word, number in self._numbers.items()}

    def word(self, number: int) -> str:
        """The name in lower case, without its prefix; of an unknown value its number."""
        return self._words.get(number, str(number))

    def number(self, word: str) -> Any:
        """The value of a word; that of UNSPECIFIED for an unknown one."""
        return self._numbers.get(word, 0)

    def word_of(self, name: str) -> str:
        """The word of a name as `linli call` prints it, with or without its prefix."""
        return name.removeprefix(self.prefix).lower()


def prefix_of(wire: "_EnumTypeWrapper[W]") -> str:
    """What all names of an enum begin with: `CHANNEL_`."""
    return _prefix(wire.DESCRIPTOR)


def bare_names(wire: "_EnumTypeWrapper[W]") -> dict[int, str]:
    """The names of the values of an enum but UNSPECIFIED, without what all begin with: `{1: "WEB"}`."""
    prefix = prefix_of(wire)
    return {number: name.removeprefix(prefix) for name, number in wire.items() if number}


def bare_name(enum: Any, number: int) -> str:
    """The name of a value of an enum (its descriptor) without what all begin with: `WEB`."""
    return str(enum.values_by_number[number].name.removeprefix(_prefix(enum)))


def _prefix(enum: Any) -> str:
    return str(enum.values_by_number[0].name.removesuffix("UNSPECIFIED"))
