"""Every rpc of the platform behind the real pipeline and the real wire, with nothing behind it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.recorded import Context
from libs.rpc.call import Call
from libs.rpc.client import Client, connect
from libs.rpc.digest import digest
from libs.rpc.methods import Method, methods_of
from libs.rpc.naming import snake_case
from libs.rpc.server import Server
from libs.testkit.contracts import every_service, rules_of
from libs.testkit.rpc import Mint, answer_to, roles, serving


class Echo:
    """An api for every service: it keeps what reaches it, and answers nothing in particular."""

    def __init__(self) -> None:
        self.request: Message | None = None
        self.digest = ""

    def serve(self, method: Method) -> Any:
        """What serves an rpc."""

        def answer(request: Message, call: Call) -> Any:
            assert call.reach is not None
            self.request, self.digest = request, digest(request)
            return iter(()) if method.streams else method.response()

        return answer


class Echoed:
    """Sends requests, and says what the handler was given, or which fields were refused."""

    def __init__(self, client: Client, echo: Echo) -> None:
        self.services: Sequence[ServiceDescriptor] = every_service()
        self._client = client
        self._echo = echo

    @property
    def digest(self) -> str:
        """The digest of the request that the handler was given last."""
        return self._echo.digest

    def given(self, method: Method, request: Message) -> Message | None:
        """What the handler was given; None if it was given nothing."""
        self._echo.request = None
        self.refused(method, request)
        return self._echo.request

    def refused(self, method: Method, request: Message) -> dict[str, str]:
        """The fields at fault, and what is wanted of them."""
        failed = answer_to(self._client, method, request.SerializeToString(), silent=10.0)  # all end at once
        return {} if failed is None else dict(failed.violations)


class Unread:
    """Keeps no record: the answers are empty."""

    def note(self, disclosed: PersonalDataDisclosed, context: Context) -> None:
        """Nobody was shown anything."""
        shown = disclosed.subject_ids
        raise AssertionError(f"{disclosed.rpc} showed something of {shown} to {context.actor}")


class NoConsents:
    """Nobody lets anybody act in their name."""

    def given(self, consent_id: str) -> None:  # whichever it is
        """There is none."""


class NoDelegations:
    """No body lets another one act in its place."""

    def of(self, delegation_id: str) -> None:  # whichever it is
        """There is none."""


@contextmanager
def echoing() -> Iterator[Echoed]:
    """All rpcs, called by somebody who may do everything."""
    echo, mint = Echo(), Mint()
    server = Server(authority=mint.verifier)
    for service in every_service():
        api = type("Api", (), {})()
        for method in methods_of(service):
            setattr(api, snake_case(method.name), echo.serve(method))
        server.add(service, api, notebook=Unread(), consents=NoConsents(), delegations=NoDelegations())
    with serving(server) as address, connect(address, mint.person(*roles())) as client:
        yield Echoed(client, echo)


_TEXTS = ("correct-horse", "2026-01-31", "ABC-01234-56789", "ABCDE-01234-56789", "+8613800138000", "EUR")


def good_request(method: Method) -> Message:
    """A request that keeps its rules, with what must be set and nothing else."""
    request = method.request()
    _fill(request)
    return request


def _fill(message: Any) -> None:
    for field in message.DESCRIPTOR.fields:
        rules = rules_of(field)
        if rules.required or (rules.bounded and rules.minimum > 0):
            if field.message_type is None:
                value = _value(field)
                (getattr(message, field.name).append if field.is_repeated else _setter(message, field))(value)
            elif field.is_repeated:
                _fill(getattr(message, field.name).add())
            else:
                inner = getattr(message, field.name)
                inner.SetInParent()
                _fill(inner)


def _setter(message: Any, field: FieldDescriptor) -> Any:
    return lambda value: setattr(message, field.name, value)


def _value(field: FieldDescriptor) -> Any:
    rules = rules_of(field)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            pattern = re.compile(rules.pattern or "(?s).+")
            return next(text for text in _TEXTS if pattern.fullmatch(text))
        case FieldDescriptor.CPPTYPE_ENUM:
            assert field.enum_type is not None
            return field.enum_type.values[-1].number
        case _:
            return int(rules.minimum)
