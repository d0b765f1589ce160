"""`linli token` and `linli call`: a running platform from the command line, in the operator's name."""

import argparse
import importlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.client import Client, connect
from libs.rpc.credentials import Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from libs.runtime.embedded import Place
from libs.runtime.guards import CannotStart
from libs.runtime.process import complain, say
from services.up import NAMES

OPERATOR = "operator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to find the platform."""
    parser.add_argument("--data", type=Path, default=Path(".linli"), help="data folder of the platform")
    parser.add_argument("--port", type=int, help="its gRPC port (else as the data folder says)")


def add_call_arguments(parser: argparse.ArgumentParser) -> None:
    """What to call."""
    add_arguments(parser)
    parser.add_argument("rpc", help="service.Rpc, for instance cases.ListCases")
    parser.add_argument("request", nargs="?", default="{}", help="the request as JSON")


def run_token(arguments: argparse.Namespace) -> int:
    """Print a token of the operator."""
    return _told(_token, arguments)


def run_call(arguments: argparse.Namespace) -> int:
    """Call an rpc and print its answer, or each answer of a stream, as JSON."""
    return _told(_call, arguments)


def _told(run: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    """Run; a refusal is told with its reason and the fields at fault."""
    try:
        run(arguments)
    except RpcFailed as failed:
        complain(f"{failed.rpc}: {failed.code.name} {failed.reason}: {failed.message}")
        for field, wanted in failed.violations.items():
            complain(f"  {field}: {wanted}")
        return 1
    return 0


def _token(arguments: argparse.Namespace) -> None:
    place = _place(arguments)
    with connect(_address(arguments, place), Token()) as client:
        say(_fetch(client, place)[0])


def _call(arguments: argparse.Namespace) -> None:
    place = _place(arguments)
    address = _address(arguments, place)
    method = _method(arguments.rpc)
    request = _request(method, arguments.request)
    with connect(address, Token()) as anonymous, connect(address, _credentials(anonymous, place)) as client:
        stub = client.service(method.containing_service)
        answer = getattr(stub, snake_case(method.name))(request)
        for message in answer if method.server_streaming else (answer,):
            say(json_format.MessageToJson(message, ensure_ascii=False, preserving_proto_field_name=True))


def _place(arguments: argparse.Namespace) -> Place:
    return Place(data=arguments.data.expanduser().resolve())


def _address(arguments: argparse.Namespace, place: Place) -> str:
    if arguments.port:
        return f"127.0.0.1:{arguments.port}"
    if not place.address.exists():
        raise CannotStart(f"no platform has run with {place.data}: start `linli up`, or say --data or --port")
    return place.address.read_text(encoding="utf-8").strip()


def _credentials(anonymous: Client, place: Place) -> Token | Refreshing:
    """The token in LINLI_TOKEN, else one of the operator; the first is fetched when it is needed."""
    given = os.environ.get("LINLI_TOKEN", "")
    return Token(given) if given else Refreshing(lambda: _fetch(anonymous, place))


def _fetch(client: Client, place: Place) -> tuple[str, float]:
    """A token of the operator, and for how many seconds it is good."""
    if not place.operator_secret.exists():
        raise CannotStart(f"{place.operator_secret} is not there: is {place.data} the folder of a platform?")
    secret = place.operator_secret.read_text(encoding="utf-8").strip()
    stub = client.service(identity.DESCRIPTOR.services_by_name["IdentityService"])
    request = identity.IssueClientTokenRequest(client_id=OPERATOR, client_secret=secret)
    issued = stub.issue_client_token(request).token
    left = issued.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    return issued.access_token, left.total_seconds()


def _method(name: str) -> MethodDescriptor:
    """`cases.ListCases` as the proto describes it."""
    short, _, rpc = name.partition(".")
    stubs = _stubs(short)
    services: dict[str, ServiceDescriptor] = {} if stubs is None else dict(stubs.DESCRIPTOR.services_by_name)
    for service in services.values():
        if rpc in service.methods_by_name:
            return service.methods_by_name[rpc]
    known = ", ".join(f"{short}.{m}" for service in services.values() for m in service.methods_by_name)
    raise CannotStart(f"there is no rpc {name}" + (f"; there are {known}" if known else ": say service.Rpc"))


def _stubs(short: str) -> Any:
    for name in NAMES:  # the feed's answers hold events of all services
        importlib.import_module(f"linli.{name}.v1.{name}_events_pb2")
    try:
        return importlib.import_module(f"linli.{short}.v1.{short}_service_pb2")
    except ImportError:
        return None


def _request(method: MethodDescriptor, text: str) -> Any:
    message = message_factory.GetMessageClass(method.input_type)()
    try:
        return json_format.ParseDict(json.loads(text), message)
    except (json.JSONDecodeError, json_format.ParseError) as error:
        raise CannotStart(f"the request is not a {method.input_type.name}: {error}") from error
