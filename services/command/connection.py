"""How `linli call` and `linli token` reach what runs: its address, certificates, and the operator's token."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.client import Client, connect
from libs.rpc.credentials import Credentials, Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.place import Place
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import as_called
from services.command.options import Port, data_option

_DEVELOPER = "developer"

Where = str | Mapping[str, str]
"""The address of a platform, or that of each service of a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A platform that runs, as its options name it."""

    place: Place
    typed: Path
    address: Where
    tls: Mapping[str, bytes]

    def anonymous(self) -> Client:
        """A client that calls as nobody. Close it at the end."""
        return connect(self.address, Token(), **self._tls)

    def client(self, anonymous: Client) -> Client:
        """A client with the token in LINLI_TOKEN, else the operator's. Close it at the end.

        Raises `CannotStart` for a token that is set and empty: nobody is made the operator by a slip.
        """
        given = os.environ.get("LINLI_TOKEN")
        if given is not None and not given.strip():
            raise CannotStart("LINLI_TOKEN is empty: set it to a token, or unset it to act as the operator")
        credentials: Credentials = Token(given) if given else Refreshing(lambda: self.fetch(anonymous))
        return connect(self.address, credentials, **self._tls)

    def fetch(self, anonymous: Client) -> tuple[str, float]:
        """A token of `developer`, the first operator, and for how many seconds it is good.

        Raises `CannotStart`, `RpcFailed`.
        """
        path = self.place.operator_secret
        if not path.exists():
            raise CannotStart(f"{path} does not exist: is {self.place.data} the data folder of a platform?")
        secret = path.read_text(encoding="utf-8", errors="replace").strip()
        if not secret:
            raise CannotStart(
                f"{path} is empty: delete it and start the platform again, which creates a new one"
            )
        request = identity.LoginRequest(login_name=_DEVELOPER, password=secret)
        stub = anonymous.service(identity.DESCRIPTOR.services_by_name["IdentityService"])
        try:
            issued = stub.login(request).token
        except RpcFailed as failed:
            if failed.code.name != "UNAUTHENTICATED":
                raise
            raise CannotStart(
                f"the platform refuses the password of `developer` in {path}:"
                " name its data folder with --data"
            ) from None
        left = issued.expire_time.ToDatetime(UTC) - datetime.now(UTC)
        return issued.access_token, left.total_seconds()

    def unreached(self, failed: RpcFailed) -> str:
        """What to do if nobody answered; "" if a server did, which gives reasons."""
        if failed.reason:
            return ""
        if failed.code.name == "DEADLINE_EXCEEDED":
            return f"{self._written()} did not answer in time: its /readyz shows what is missing"
        return self._nothing_answers() if failed.code.name == "UNAVAILABLE" else ""

    def _nothing_answers(self) -> str:
        if not isinstance(self.address, str):
            start = f"{as_called()} cluster --data {shlex.quote(str(self.typed))}"
            return (
                f"nothing answers at {self._written()}: the cluster of {self.place.data} is starting,"
                f" stopping or not running: try again, or start `{start}`"
            )
        return (
            f"nothing answers at {self.address}: start `{as_called()} up` or `make run`, or give --data or"
            " --port; if it uses TLS, give --ca, and --cert and --key if it requires them"
        )

    def _written(self) -> str:
        return self.address if isinstance(self.address, str) else ", ".join(self.address.values())

    @property
    def _tls(self) -> dict[str, Any]:
        return dict(self.tls)


def connection_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that name a platform; `connection` reads them."""
    file = click.Path(path_type=Path)
    for option in reversed(
        (
            data_option,
            click.option("--port", type=Port(), metavar="N", help="its gRPC port [from the data folder]"),
            click.option(
                "--ca",
                type=file,
                metavar="FILE",
                help="CA certificates for that port, if it uses TLS (PEM file)",
            ),
            click.option(
                "--cert",
                type=file,
                metavar="FILE",
                help="client certificate, if the port requires one (PEM file)",
            ),
            click.option("--key", type=file, metavar="FILE", help="its private key (PEM file)"),
        )
    ):
        command = option(command)
    return command


def connection(
    *, data: Path, port: int | None, ca: Path | None, cert: Path | None, key: Path | None
) -> Connection:
    """What the options name. Raises `CannotStart`."""
    place = Place(data=data.expanduser().resolve())
    address = _address(port, place)
    return Connection(place=place, typed=data, address=address, tls=_tls(ca, cert, key))


def _tls(ca: Path | None, cert: Path | None, key: Path | None) -> dict[str, bytes]:
    """What `connect` needs to know of certificates."""
    if (cert is None) != (key is None):
        raise CannotStart("give --cert and --key both, or neither")
    files = {"tls_roots": ca, "tls_cert": cert, "tls_key": key}
    try:
        return {name: path.read_bytes() for name, path in files.items() if path is not None}
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read: {error.strerror}") from None


def _address(port: int | None, place: Place) -> Where:
    if port:
        return f"127.0.0.1:{port}"
    if place.addresses.exists():
        return _addresses_of_cluster(place)
    if not place.address.exists():
        raise CannotStart(
            f"no platform has run with {place.data}: start `{as_called()} up` or `{as_called()} cluster`, or"
            " give --data or --port"
        )
    address = place.address.read_text(encoding="utf-8", errors="replace").strip()
    if not address.rpartition(":")[2].isdecimal():
        raise CannotStart(f"{place.address} is damaged: start `{as_called()} up` again, or give --port")
    return address


def _addresses_of_cluster(place: Place) -> Mapping[str, str]:
    try:
        return place.grpc_addresses()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CannotStart(
            f"{place.addresses} is damaged: start `{as_called()} cluster` again, or give --port"
        ) from None
