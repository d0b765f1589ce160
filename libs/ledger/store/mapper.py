"""From an event to its stored name and bytes, and back, exactly, for ever."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from libs.ledger.errors import SealBroken, UnknownEvent
from libs.ledger.personal import Personal, sealed, unseal
from libs.ledger.privacy.data_key import DataKey, FixedKeys, Sealed
from libs.ledger.recorded import Metadata
from libs.ledger.store import shapes
from libs.ledger.store.blinding import Blinding, Digesting, Key, terms_of
from libs.ledger.store.claiming import Change, Claiming

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.v[0-9]+")


class Where(NamedTuple):
    """Where an enciphered text lies: the stream and the event (or what else holds it)."""

    stream: str
    event_id: str


_NOWHERE = Where("", "")


def binding(subject: str, where: Where, number: int) -> bytes:
    """The additional data of the cipher: the text opens for this subject, in this field of this event alone.

    `number` counts the personal fields of an event from 1, as they are stored.
    """
    return msgspec.msgpack.encode((subject, *where, number))


Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""From the fields of an older event, as plain values, to those of the newer one."""


class KeySource(Protocol):
    """Where the mapper gets keys from: `Keys`, or a fixed one in golden files."""

    def to_encipher(self, subject: str) -> DataKey:
        """The key under which to seal something about a subject."""
        ...

    def decipher(self, texts: Sequence[Sealed]) -> list[str | None]:
        """Open sealed texts; None for those of the erased."""
        ...


@dataclass(frozen=True)
class Events:
    """The table of a service's stored events: stable names, never module paths.

    `types`: `{"case_opened.v1": CaseOpened}`; the stored name becomes `cases.case_opened.v1`.
    `upcasts`: `{"case_opened.v0": ("case_opened.v1", function)}`: how an older event reads today;
    the next name may itself be an older one. A name that was ever stored stays in one of the two.
    `erasures`: which subjects' keys an event destroys, in the transaction that appends it.
    `private`: the types that are never published; a release that does not know one may pass over it.
    `claims`: what events claim and release in the same transaction, kind by kind.
    `blinded`: what can be found of their texts, by kinds of search.
    `personal`: by event and field, the class of the personal data there (`PersonalClass` of the protos).
    """

    service: str
    types: Mapping[str, type]
    upcasts: Mapping[str, tuple[str, Upcast]] = field(default_factory=dict)
    erasures: Mapping[str, Callable[[Any], Iterable[str]]] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    claims: tuple[Claiming, ...] = ()
    blinded: tuple[Blinding, ...] = ()
    personal: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

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
        if unknown := sorted(self.private - set(self.types)):
            raise ValueError(f"{self.service}: unknown events {unknown} are said to be private")
        if unknown := sorted({name for each in self.claims for name in each.names} - set(self.types)):
            raise ValueError(f"{self.service}: claims of unknown events {unknown}")
        if unknown := sorted({name for each in self.blinded for name in each.names} - set(self.types)):
            raise ValueError(f"{self.service}: blind terms of unknown events {unknown}")

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

    def registration(self) -> dict[str, bool]:
        """All stored names in full, each with whether its events are published, for `event_types`."""
        return {f"{self.service}.{name}": self.path(name)[0] not in self.private for name in self.names()}


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event ready to be stored, with the keys that seal its personal data."""

    name: str
    body: bytes
    keys: tuple[DataKey, ...] = ()
    erases: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


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
                back = decoder.decode(self.encode(sample, keys, {}, _NOWHERE))
                _bind(_NOWHERE)
            if back != sample:
                raise shapes.InexactType(f"{where}: {sample!r} comes back as {back!r}")

    def encode(
        self,
        value: Any,
        keys: KeySource,
        used: dict[str, DataKey],
        where: Where,
        *,
        personal: bool = False,
    ) -> bytes:
        """The bytes of a value that lies at `where`; `used` collects the keys that sealed something in it."""
        if not (self.personal or personal):
            return self._plain.encode(value)
        number = 0

        def seal(part: Any) -> Any:
            nonlocal number
            if not isinstance(part, Personal):
                return _refuse(part)
            number += 1
            if part.value is None:
                return (part.subject, number, None)
            key = used.get(part.subject)
            if key is None:
                key = used[part.subject] = keys.to_encipher(part.subject)
            return (part.subject, number, key.encipher(part.value, binding(part.subject, where, number)))

        return msgspec.msgpack.Encoder(enc_hook=seal).encode(value)

    def decode(self, body: bytes, where: Where | None = None) -> Any:
        """The value again, personal data still sealed; inside `opening` it opens only at `where`."""
        value = self._decoder.decode(body)
        if where is not None:
            _bind(where)
        return value


def _refuse(part: Any) -> Any:
    raise TypeError(f"a {type(part).__name__} cannot be stored")


class _Reading(threading.local):
    """The sealed personal data that this thread decodes in order to open it.

    `shut` is what was decoded and is to be opened; `loose` of it what no event claims yet.
    """

    shut: list[tuple[Personal, Sealed]] | None = None
    loose: list[tuple[Personal, int, bytes]] | None = None


_reading = _Reading()


def _unpack(tp: type, part: Any) -> Any:
    if tp is not Personal:
        raise TypeError(f"a {tp.__name__} cannot be read")
    subject, number, content = part
    personal = Personal(subject, None) if content is None else sealed(subject, content)
    if _reading.loose is not None:
        _reading.loose.append((personal, number, content))
    return personal


def _bind(where: Where, *, in_order: bool = True) -> None:
    """Say where that lies which was decoded last: only there it opens.

    `in_order`: as it was stored, so that a text cannot have been moved to another field of its event.
    """
    if _reading.loose is None or _reading.shut is None:
        return
    for count, (personal, number, content) in enumerate(_reading.loose, 1):
        if in_order and number != count:
            raise SealBroken(where.stream, where.event_id)
        if content is not None:
            bound = binding(personal.subject, where, number)
            _reading.shut.append((personal, Sealed(personal.subject, content, bound)))
    _reading.loose.clear()


@contextmanager
def opening(keys: KeySource) -> Iterator[None]:
    """Open all personal data that this thread decodes inside, at the end; that of the erased is None.

    Raises `SealBroken` for a text that was sealed for another subject, stream, event or field.
    """
    outer = _reading.shut, _reading.loose
    _reading.shut, _reading.loose = [], []
    try:
        yield
        shut = _reading.shut
    finally:
        _reading.shut, _reading.loose = outer
    if shut:
        texts = keys.decipher([text for _, text in shut])
        for (personal, _), text in zip(shut, texts, strict=True):
            unseal(personal, text)


_HEAD = msgspec.msgpack.Decoder(tuple[Metadata, msgspec.Raw], dec_hook=_unpack)


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
        self._blindings = {
            self._prefix + name: tuple(each for each in events.blinded if name in each.names)
            for name in events.types
        }
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

    def encode(self, stream: str, event: object, metadata: Metadata) -> Encoded:
        """What is stored in a stream. Raises `Refusal` SUBJECT_ERASED for new data about an erased person."""
        name = self.name_of(event)
        used: dict[str, DataKey] = {}
        where, said = Where(stream, metadata.event_id), metadata.said is not None
        body = self._codecs[name].encode((metadata, event), self.keys, used, where, personal=said)
        erased = self._erasures.get(name)
        return Encoded(
            name,
            body,
            tuple(used.values()),
            tuple(erased(event)) if erased else (),
            tuple(self.changes(event)),
        )

    def changes(self, event: object) -> Iterator[Change]:
        """What an event claims and releases; its personal data must be open."""
        for claiming in self.events.claims:
            yield from claiming.changes(self.name_of(event).removeprefix(self._prefix), event)

    def changing(self) -> list[str]:
        """The stored names, older ones included, of the events that claim or release something."""
        return self._stored({name for claiming in self.events.claims for name in claiming.names})

    def terms(
        self, keys: Digesting, stream: str, event: object, metadata: Metadata
    ) -> Iterator[tuple[Key, list[int]]]:
        """The blind terms that an event adds; its personal data must be open."""
        name = self.name_of(event)
        if blindings := self._blindings[name]:
            name = name.removeprefix(self._prefix)
            yield from terms_of(blindings, keys, stream, name, event, metadata)

    def blinded(self) -> list[str]:
        """The stored names, older ones included, of the events that may add blind terms."""
        return self._stored({name for blinding in self.events.blinded for name in blinding.names})

    def _stored(self, current: AbstractSet[str]) -> list[str]:
        return [self._prefix + name for name in self.events.names() if self.events.path(name)[0] in current]

    def decode(self, stream: str, name: str, body: bytes) -> tuple[Any, Metadata]:
        """The event and its metadata; personal data stays sealed unless inside `opening()`."""
        codec, upcast = self._codecs.get(name), False
        if codec is None:
            (codec, body), upcast = self._upcast(name, body), True
        metadata, event = codec.decode(body)
        if codec.personal or metadata.said is not None:
            _bind(Where(stream, metadata.event_id), in_order=not upcast)
        return event, metadata

    def knows(self, name: str) -> bool:
        """Whether events stored under this name can be read here."""
        return name in self._codecs or name in self._upcasts

    def metadata(self, stream: str, body: bytes) -> Metadata:
        """The metadata of an event whose type is not known here."""
        metadata, _ = _HEAD.decode(body)
        if metadata.said is not None:
            _bind(Where(stream, metadata.event_id))
        return metadata

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
