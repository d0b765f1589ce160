"""What a platform keeps in its data folder for itself: its secrets, and how its databases are reached."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from libs.rpc.keys import SigningKey
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres

WITHOUT = {"LINLI_MASTER_KEY": "", "LINLI_IDENTITY_SIGNING_KEY": "", "LINLI_IDENTITY_OPERATOR_SECRET": ""}
"""Secrets of other installations that happen to be in the environment are not for this one."""


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
