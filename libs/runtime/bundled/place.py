"""The data folder of a platform that brings its own servers: its secrets, and where it can be reached."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from libs.rpc.keys import SigningKey
from libs.runtime.bundled.postgres import EmbeddedPostgres

WITHOUT = {"LINLI_MASTER_KEY": "", "LINLI_IDENTITY_SIGNING_KEY": "", "LINLI_IDENTITY_OPERATOR_SECRET": ""}
"""Secrets of other installations that happen to be in the environment are not for this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an embedded platform lives: its data folder, its ports (0: any free one), its cell's name."""

    data: Path
    grpc_port: int = 7400
    http_port: int = 7480
    cell: str = "demo"

    @property
    def operator_secret(self) -> Path:
        """The file with the operator's secret, made at the first start."""
        return self.data / "operator.secret"

    @property
    def master_key(self) -> Path:
        """The file with the key that wraps the keys of personal data."""
        return self.data / "master.key"

    @property
    def signing_key(self) -> Path:
        """The file with the key that signs tokens."""
        return self.data / "signing.pem"

    @property
    def address(self) -> Path:
        """The file that says where the running platform serves gRPC."""
        return self.data / "grpc.address"

    @property
    def addresses(self) -> Path:
        """The file that says where each service of the running cluster is."""
        return self.data / "addresses.json"

    def grpc_addresses(self) -> dict[str, str]:
        """Where each service of the cluster that ran last in the folder serves gRPC."""
        told = json.loads(self.addresses.read_text(encoding="utf-8"))
        return {name: of["grpc"] for name, of in told.items()}


def environ_of(place: Place, service: str) -> dict[str, str]:
    """How a command beside a running platform reaches the database of one of its services."""
    return {
        **WITHOUT,
        "LINLI_DATABASE_URL": EmbeddedPostgres(place.data).dsn(service),
        "LINLI_MASTER_KEY_FILE": str(place.master_key.expanduser()),
    }


def make_secrets(place: Place) -> None:
    """Make what is secret in a platform's folder, each unless it is there."""
    _make_secret(place.master_key, lambda: base64.b64encode(os.urandom(32)))
    _make_secret(place.signing_key, _new_signing_key)
    _make_secret(place.operator_secret, lambda: secrets.token_urlsafe(24).encode())


def _make_secret(path: Path, make: Callable[[], bytes]) -> None:
    """Write a new secret that only its owner may read, unless there is one."""
    if path.exists():
        return
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123  # with a mode
        file.write(make() + b"\n")
    draft.rename(path)


def _new_signing_key() -> bytes:
    return SigningKey.generate().pem()
