"""`linli token` and `linli call`: a running platform from the command line, in the operator's name."""

import argparse
import os
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.client import Client, connect
from libs.rpc.credentials import Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.ports import port_option
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.process import as_called, complain, say
from services import requests, rpcs

OPERATOR = "operator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to find the platform."""
    parser.add_argument(
        "--data", type=Path, default=Path(".linli"), help="data folder of the platform or cluster [.linli]"
    )
    parser.add_argument("--port", type=port_option(), help="its gRPC port [as the data folder says]")
    parser.add_argument("--ca", type=Path, help="who vouches for that port, if it speaks TLS (PEM file)")
    parser.add_argument("--cert", type=Path, help="our certificate, if it asks for one (PEM file)")
    parser.add_argument("--key", type=Path, help="its private key (PEM file)")


def add_call_arguments(parser: argparse.ArgumentParser) -> None:
    """What to call."""
    add_arguments(parser)
    parser.add_argument("rpc", help="service.Rpc, for instance cases.ListCases")
    parser.add_argument("request", nargs="?", default="{}", help="the request as JSON [{}]")


def run_token(arguments: argparse.Namespace) -> int:
    """Print a token of the operator."""
    return _told(_token, arguments)


def run_call(arguments: argparse.Namespace) -> int:
    """Call an rpc and print its answer, or each answer of a stream, as JSON."""
    return _told(_call, arguments)


Where = str | Mapping[str, str]
"""The address of a platform, or that of each service of a cluster."""


def _told(run: Callable[[argparse.Namespace, Place, Where], None], arguments: argparse.Namespace) -> int:
    """Run; a refusal is told with its reason and the fields at fault."""
    place = Place(data=arguments.data.expanduser().resolve())
    address = _address(arguments, place)
    try:
        run(arguments, place, address)
    except RpcFailed as failed:
        if failed.code.name == "DEADLINE_EXCEEDED" and not failed.reason:  # a server gives reasons
            raise CannotStart(
                f"{_written(address)} did not answer in time: its /readyz says what it lacks"
            ) from None
        if failed.code.name == "UNAVAILABLE" and not failed.reason:
            raise CannotStart(_nothing_answers(address, arguments, place)) from None
        complain("\n".join(sentences(failed)))
        return 1
    return 0


def _nothing_answers(address: Where, arguments: argparse.Namespace, place: Place) -> str:
    if not isinstance(address, str):
        start = f"{as_called()} cluster --data {shlex.quote(str(arguments.data))}"
        return (
            f"nothing answers at {_written(address)}: the cluster of {place.data} is starting, stopping or"
            f" not running: try again, or start `{start}`"
        )
    return (
        f"nothing answers at {address}: start `{as_called()} up` or `make run`, or say --data or --port; if"
        " it speaks TLS, say --ca, and --cert and --key where it asks for them"
    )


def sentences(failed: RpcFailed) -> list[str]:
    """A refusal in lines: what was refused and why, then each field at fault, nothing twice."""
    service, _, rpc = failed.rpc.lstrip("/").rpartition("/")
    told = f"{service.split('.')[1]}.{rpc}" if service.startswith("linli.") else failed.rpc
    message = failed.message
    for field, wanted in failed.violations.items():
        message = "" if message == wanted else message.partition(f": {field}: ")[0]
    first = ": ".join(part for part in (told, f"{failed.code.name} {failed.reason}".strip(), message) if part)
    return [first, *(f"  {field}: {wanted}" for field, wanted in failed.violations.items())]


def _token(arguments: argparse.Namespace, place: Place, address: Where) -> None:
    with connect(address, Token(), **_tls(arguments)) as client:
        say(_fetch(client, place)[0])


def _call(arguments: argparse.Namespace, place: Place, address: Where) -> None:
    method = rpcs.find(arguments.rpc)
    request = requests.parse(method.input_type, arguments.request)
    tls = _tls(arguments)
    with (
        connect(address, Token(), **tls) as anonymous,
        connect(address, _credentials(anonymous, place), **tls) as client,
    ):
        stub = client.service(method.containing_service)
        answer = getattr(stub, snake_case(method.name))(request)
        for message in answer if method.server_streaming else (answer,):
            say(json_format.MessageToJson(message, ensure_ascii=False, preserving_proto_field_name=True))


def _tls(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `connect` needs to know of certificates. Raises `CannotStart`."""
    if (arguments.cert is None) != (arguments.key is None):
        raise CannotStart("give --cert and --key both, or neither")
    files = {"tls_roots": arguments.ca, "tls_cert": arguments.cert, "tls_key": arguments.key}
    try:
        return {name: path.read_bytes() for name, path in files.items() if path is not None}
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read: {error.strerror}") from None


def _address(arguments: argparse.Namespace, place: Place) -> Where:
    if arguments.port:
        return f"127.0.0.1:{arguments.port}"
    if place.addresses.exists():
        return place.grpc_addresses()
    if not place.address.exists():
        raise CannotStart(
            f"no platform has run with {place.data}: start `{as_called()} up` or `{as_called()} cluster`, or"
            " say --data or --port"
        )
    return place.address.read_text(encoding="utf-8").strip()


def _written(address: Where) -> str:
    return address if isinstance(address, str) else ", ".join(address.values())


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
    try:
        issued = stub.issue_client_token(request).token
    except RpcFailed as failed:
        if failed.code.name != "UNAUTHENTICATED":
            raise
        raise CannotStart(
            f"the platform does not know the operator's secret in {place.operator_secret}: say with --data"
            " which folder it runs on"
        ) from None
    left = issued.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    return issued.access_token, left.total_seconds()
