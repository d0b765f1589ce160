"""From an event to its stored name and bytes, and back, exactly, for ever."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from libs.ledger.errors import UnknownEvent
from libs.ledger.personal import Personal, sealed, unseal
from libs.ledger.privacy.keys import DataKey, FixedKeys
from libs.ledger.recorded import Metadata
from libs.ledger.store import shapes

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.v[0-9]+")

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""From the fields of an older event, as plain values, to those of the newer one."""


class KeySource(Protocol):
    """Where the mapper gets keys from: `Keys`, or a fixed one in golden files."""

    def to_encipher(self, subject: str) -> DataKey:
        """The key under which to seal something about a subject."""
        ...

    def decipher(self, texts: Sequence[tuple[str, bytes]]) -> list[str | None]:
        """Open sealed texts, given with their subjects."""
        ...


@dataclass(frozen=True)
class Events:
    """The table of a service's stored events: stable names, never module paths.

    `types`: `{"case_opened.v1": CaseOpened}`; the stored name becomes `cases.case_opened.v1`.
    `upcasts`: `{"case_opened.v0": ("case_opened.v1", function)}`: how an older event reads today;
    the next name may itself be an older one. A name that was ever stored stays in one of the two.
    `erasures`: which subjects' keys an event destroys, in the transaction that appends it.
    """

    service: str
    types: Mapping[str, type]
    upcasts: Mapping[str, tuple[str, Upcast]] = field(default_factory=dict)
    erasures: Mapping[str, Callable[[Any], Iterable[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(set(self.types.values())) != len(self.types):
            raise ValueError(f"{self.service}: one event type under two names")
        for name in (*self.types, *self.upcasts):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{self.service}: {name!r} is not a stored name such as case_opened.v1")
        for name in self.upcasts:
            self.path(name)
        if unknown := [name for name in self.erasures if name not in self.types]:
            raise ValueError(f"{self.service}: erasures of unknown events {unknown}")

    def path(self, name: str) -> tuple[str, tuple[Upcast, ...]]:
        """The current name of an old one, and the upcasts that lead there."""
        steps: list[Upcast] = []
        seen = {name}
        while name not in self.types:
            if name not in self.upcasts:
                raise ValueError(f"{self.service}: upcasts lead to {name}, which is no event")
            name, step = self.upcasts[name]
            steps.append(step)
            if name in seen:
                raise ValueError(f"{self.service}: the upcasts of {name} go round in a circle")
            seen.add(name)
        return name, tuple(steps)

    def names(self) -> tuple[str, ...]:
        """All names under which events were ever stored, the older ones included."""
        return (*self.types, *(name for name in self.upcasts if name not in self.types))


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event ready to be stored, with the keys that seal its personal data."""

    name: str
    body: bytes
    keys: tuple[DataKey, ...] = ()
    erases: tuple[str, ...] = ()


class Codec:
    """Bytes of one type, with its personal data sealed; built once, used for ever."""

    def __init__(self, tp: Any, head: Any, where: str) -> None:
        """Values are encoded as pairs of a head (such as metadata) and a `tp`."""
        shapes.check(tp, where)
        self.personal = shapes.holds_personal(tp)
        shape: Any = tuple.__class_getitem__((head, tp))
        try:
            self._decoder = msgspec.msgpack.Decoder(shape, dec_hook=_unpack)
        except TypeError as error:
            raise shapes.InexactType(f"{where}: {error}") from error
        self._plain = msgspec.msgpack.Encoder(enc_hook=_refuse)
        self._prove(tp, where)

    def _prove(self, tp: Any, where: str) -> None:
        """Store sample values and compare what comes back. Raises `InexactType`."""
        decoder, keys = msgspec.msgpack.Decoder(tp, dec_hook=_unpack), FixedKeys()
        for sample in shapes.samples(tp):
            with opening(keys):
                back = decoder.decode(self.encode(sample, keys, []))
            if back != sample:
                raise shapes.InexactType(f"{where}: {sample!r} comes back as {back!r}")

    def encode(self, value: Any, keys: KeySource, used: list[DataKey]) -> bytes:
        """The bytes of a value; `used` collects the keys that sealed something in it."""
        if not self.personal:
            return self._plain.encode(value)

        def seal(part: Any) -> Any:
            if not isinstance(part, Personal):
                return _refuse(part)
            if part.value is None:
                return (part.subject, None)
            key = keys.to_encipher(part.subject)
            used.append(key)
            return (part.subject, key.encipher(part.value))

        return msgspec.msgpack.Encoder(enc_hook=seal).encode(value)

    def decode(self, body: bytes) -> Any:
        """The value again, personal data still sealed."""
        return self._decoder.decode(body)


def _refuse(part: Any) -> Any:
    raise TypeError(f"a {type(part).__name__} cannot be stored")


class _Reading(threading.local):
    """The sealed personal data that this thread decodes in order to open it."""

    shut: list[tuple[Personal, str, bytes]] | None = None


_reading = _Reading()


def _unpack(tp: type, part: Any) -> Any:
    if tp is not Personal:
        raise TypeError(f"a {tp.__name__} cannot be read")
    subject, content = part
    if content is None:
        return Personal(subject, None)
    personal = sealed(subject, content)
    if _reading.shut is not None:
        _reading.shut.append((personal, subject, content))
    return personal


@contextmanager
def opening(keys: KeySource) -> Iterator[None]:
    """Open all personal data that this thread decodes inside, at the end; that of the erased is None."""
    outer, _reading.shut = _reading.shut, []
    try:
        yield
        shut = _reading.shut
    finally:
        _reading.shut = outer
    if shut:
        texts = keys.decipher([(subject, content) for _, subject, content in shut])
        for (personal, _, _), text in zip(shut, texts, strict=True):
            unseal(personal, text)


class Mapper:
    """Encodes and decodes the events of one service.

    Checks at start-up, with sample values, that every type comes back exactly as it was.
    """

    def __init__(self, events: Events, keys: KeySource) -> None:
        self.events = events
        self.keys = keys
        self._prefix = f"{events.service}."
        self._codecs: dict[str, Codec] = {}
        self._names: dict[type, str] = {}
        self._upcasts: dict[str, tuple[str, tuple[Upcast, ...]]] = {}
        self._erasures = {self._prefix + name: erased for name, erased in events.erasures.items()}
        for name, tp in events.types.items():
            stored = self._prefix + name
            self._codecs[stored] = Codec(tp, Metadata, stored)
            self._names[tp] = stored
        for name in events.upcasts:
            if name not in events.types:
                current, steps = events.path(name)
                self._upcasts[self._prefix + name] = (self._prefix + current, steps)

    def name_of(self, event: object) -> str:
        """The stored name of an event."""
        try:
            return self._names[type(event)]
        except KeyError:
            raise TypeError(f"{type(event).__name__} is not in the events of {self.events.service}") from None

    def encode(self, event: object, metadata: Metadata) -> Encoded:
        """The stored form. Raises `Refusal` SUBJECT_ERASED for new data about an erased person."""
        name = self.name_of(event)
        used: list[DataKey] = []
        body = self._codecs[name].encode((metadata, event), self.keys, used)
        erased = self._erasures.get(name)
        return Encoded(name, body, tuple(used), tuple(erased(event)) if erased else ())

    def decode(self, name: str, body: bytes) -> tuple[Any, Metadata]:
        """The event and its metadata; personal data stays sealed unless inside `opening()`."""
        codec = self._codecs.get(name)
        if codec is None:
            codec, body = self._upcast(name, body)
        metadata, event = codec.decode(body)
        return event, metadata

    def opening(self) -> AbstractContextManager[None]:
        """Open all personal data that this thread decodes inside, at the end, with one query for keys."""
        return opening(self.keys)

    def _upcast(self, name: str, body: bytes) -> tuple[Codec, bytes]:
        if name not in self._upcasts:
            raise UnknownEvent(name)
        current, steps = self._upcasts[name]
        metadata, fields = msgspec.msgpack.decode(body, type=tuple[msgspec.Raw, dict[str, Any]])
        for step in steps:
            fields = step(fields)
        return self._codecs[current], msgspec.msgpack.encode((metadata, fields))
