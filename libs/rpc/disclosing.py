"""Before an answer that shows personal data is sent, who reads whose data is stored."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from linli.privacy.v1 import privacy_options_pb2, privacy_types_pb2

from libs.ledger.decider import Kind, Refusal
from libs.ledger.disclosed import DisclosePersonalData, PersonalDataDisclosed
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.rpc.access import CLIENT, Caller, Grant, scopes_of_roles
from libs.rpc.call import Call
from libs.rpc.enums import bare_name
from libs.rpc.methods import Method

WINDOW = 300.0
"""Seconds in which the same reading is recorded once."""
_ASSISTANCE = "ASSISTANCE"
"""For what a helper reads the data of those in whose name they act; the reference is the consent."""
_MOST = 20_000  # readings that are remembered; the oldest go first

_Fields = dict[int, tuple[int, "_Fields | None"]]
"""Of a message, by number: the fields that show a class, and the messages in which there may be some."""


def classes_shown(descriptor: Any) -> frozenset[int]:
    """All classes of personal data that a message of this type can show."""
    return frozenset(_classes(_fields(descriptor), set()))


def _classes(fields: _Fields, seen: set[int]) -> Iterable[int]:
    if id(fields) in seen:
        return
    seen.add(id(fields))
    for shown, inner in fields.values():
        if shown:
            yield shown
        elif inner is not None:
            yield from _classes(inner, seen)


@cache
def _fields(descriptor: Descriptor) -> _Fields:
    return _fields_of(descriptor, {})


def _fields_of(descriptor: Descriptor, known: dict[str, _Fields]) -> _Fields:
    """`known` ties the knot for types that contain themselves."""
    if descriptor.full_name in known:
        return known[descriptor.full_name]
    fields = known[descriptor.full_name] = {}
    for field in descriptor.fields:
        shown = int(field.GetOptions().Extensions[privacy_options_pb2.personal])
        if shown:
            fields[field.number] = shown, None
        elif field.message_type is not None:
            fields[field.number] = 0, _fields_of(field.message_type, known)
    return fields


def _find(message: Message, fields: _Fields, found: set[int]) -> None:
    """The classes that this message shows."""
    for field, value in message.ListFields():
        shown, inner = fields.get(field.number, (0, None))
        if shown:
            found.add(shown)
        elif inner:
            for each in value if field.is_repeated else (value,):
                _find(each, inner, found)


class Notes(Protocol):
    """Where it is stored who read whose data."""

    def note(self, disclosed: PersonalDataDisclosed, context: Context) -> None:
        """Store what the actor read. Raises if it cannot."""
        ...


class Notebook:
    """Where a service stores who read whose data; it remembers what it need not store again so soon."""

    def __init__(
        self,
        stream: Stream[DisclosePersonalData, Any, PersonalDataDisclosed],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._until: OrderedDict[tuple[str, ...], float] = OrderedDict()
        stream.ledger.on_reconnect(self._forget)

    def note(self, disclosed: PersonalDataDisclosed, context: Context) -> None:
        """Store what the actor read, of whom it was not stored lately. Raises like `Stream.handle`."""
        by = (context.actor, context.delegation_id or "")
        said = (*by, *disclosed.classes, disclosed.purpose, disclosed.reference, disclosed.rpc)
        news = self._news(disclosed.subject_ids, said)
        if not news:
            return
        command = DisclosePersonalData(disclosed=replace(disclosed, subject_ids=news))
        self._stream.handle(new_id(), command, context, expect_new=True)
        self._remember(news, said)

    def _news(self, subject_ids: Iterable[str], said: tuple[str, ...]) -> tuple[str, ...]:
        now = self._clock()
        with self._lock:
            return tuple(each for each in sorted(subject_ids) if self._until.get((each, *said), 0.0) <= now)

    def _remember(self, subject_ids: Iterable[str], said: tuple[str, ...]) -> None:
        until = self._clock() + WINDOW
        with self._lock:
            for each in subject_ids:
                self._until[each, *said] = until
                self._until.move_to_end((each, *said))
            while len(self._until) > _MOST:
                self._until.popitem(last=False)

    def _forget(self) -> None:
        with self._lock:
            self._until.clear()


class Notebooks:
    """Stores who read whose data in the service that the record refers to."""

    def __init__(self, notebooks: Mapping[str, Notes]) -> None:
        self._notebooks = notebooks

    def note(self, disclosed: PersonalDataDisclosed, context: Context) -> None:
        """Store it there. Raises as that does."""
        self._notebooks[disclosed.reference].note(disclosed, context)


class Disclosing:
    """What one rpc shows of people, and to whom that is told first."""

    def __init__(self, method: Method, notebook: Notes | None) -> None:
        """Raises TypeError if the rpc does not declare exactly the classes that its answer can have."""
        declared, shown = method.discloses, classes_shown(method.response.DESCRIPTOR)
        if shown != (frozenset() if declared.asked_field else frozenset(declared.classes)):
            names = ", ".join(sorted(map(word_of_class, shown))) or "none"
            raise TypeError(f"{method.path} shows personal data of these classes: {names}; declare so")
        self.needed = bool(declared.classes) and (not declared.own or bool(method.on_behalf))
        if self.needed and notebook is None:
            raise TypeError(f"{method.path} shows personal data, and nobody stores who read them")
        self._fields = _fields(method.response.DESCRIPTOR)
        self._notebook = notebook
        self._declared = declared
        self._rpc = method.path
        self._scopes = frozenset(method.access.scopes if method.access else ())

    def before(self, answer: Message, request: Message, call: Call) -> None:
        """Store what the answer shows of others than its caller. Raises what storing raises: do not send it.

        Refuses DISCLOSURE_UNATTRIBUTED if the api method did not say whose data it shows.
        """
        if call.principal is not None:
            call.showing(call.principal.resident_id)
        elif self._declared.own:
            return
        found = self._found(answer, request, call)
        if not found or self._notebook is None:
            return
        if not call.shown and not call.shows_nobody:
            message = "the api method shows personal data, and does not say whose"
            raise Refusal(Kind.PERMISSION, "DISCLOSURE_UNATTRIBUTED", message)
        others = call.shown.difference(call.actor.ids)
        if others:
            held = self._held(call.caller)
            disclosed = self._disclosed(others, found, request, held)
            if call.principal is not None:
                disclosed = replace(disclosed, purpose=_ASSISTANCE, reference=call.principal.consent_id)
            self._notebook.note(disclosed, _context(call, held))

    def _found(self, answer: Message, request: Message, call: Call) -> set[int]:
        """The classes of which the answer tells."""
        asked = self._declared.asked_field
        if asked:
            return set(self._declared.classes) if getattr(request, asked) and call.shown else set()
        found = call.told.intersection(self._declared.classes)
        _find(answer, self._fields, found)
        return found

    def _disclosed(
        self, subject_ids: Iterable[str], found: Iterable[int], request: Message, held: Iterable[Grant]
    ) -> PersonalDataDisclosed:
        reference = self._declared.reference_field
        return PersonalDataDisclosed(
            subject_ids=tuple(subject_ids),
            classes=tuple(word_of_class(each) for each in sorted(found)),
            purpose=self._purpose(request),
            reference=str(getattr(request, reference)) if reference else "",
            rpc=self._rpc,
            body_ids=tuple(sorted({grant.body for grant in held if grant.body})),
        )

    def _purpose(self, request: Message) -> str:
        name = self._declared.purpose_field
        if not name:
            return word_of_purpose(self._declared.purpose)
        return bare_name(request.DESCRIPTOR.fields_by_name[name].enum_type, getattr(request, name))

    def _held(self, caller: Caller) -> Sequence[Grant]:
        """The grants by which the caller reads: those that give a scope of the rpc."""
        if caller.kind == CLIENT:
            return caller.grants
        given = scopes_of_roles()
        return [each for each in caller.grants if not self._scopes.isdisjoint(given.get(each.role, ()))]


def _context(call: Call, held: Iterable[Grant]) -> Context:
    principal = call.principal
    return Context(
        actor=call.actor.subject,
        on_behalf_of=principal.resident_id if principal else None,
        consent_id=principal.consent_id if principal else None,
        roles=tuple(sorted({grant.role for grant in held})),
        correlation_id=call.correlation_id or None,
        traceparent=call.traceparent or None,
        delegation_id=call.delegated.delegation_id if call.delegated else None,
    )


def word_of_class(number: int) -> str:
    """`CONTACT`, as it is stored."""
    return bare_name(privacy_types_pb2.PersonalClass.DESCRIPTOR, number)


def word_of_purpose(number: int) -> str:
    """`CASE_WORK`, as it is stored."""
    return bare_name(privacy_types_pb2.DisclosurePurpose.DESCRIPTOR, number)
