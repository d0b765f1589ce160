"""What a platform keeps in its data folder for itself: its secrets, and how its databases are reached."""

import base64
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres, runtime_role
from libs.runtime.config.files import put
from libs.runtime.config.guards import CannotStart

WITHOUT = {
    "LINLI_MASTER_KEY": "",
    "LINLI_RELAY_KEY": "",
    "LINLI_KEY_STORE_FILE": "",
    "LINLI_IDENTITY_SIGNING_KEY": "",
    "LINLI_IDENTITY_DEVELOPER_PASSWORD": "",
}
"""Secrets of other installations that happen to be in the environment are not for this one."""


def environ_of(place: Place, service: str, *, owner: bool = False) -> dict[str, str]:
    """How a command beside a running platform reaches the database of one of its services.

    `owner`: as the owner of its tables, who may change the schema, and not as the service.
    """
    server, role = EmbeddedPostgres(place.data), runtime_role(service)
    return {
        **WITHOUT,
        "LINLI_DATABASE_URL": server.dsn(service) if owner else server.dsn(service, role),
        "LINLI_RUNTIME_ROLE": role,
        "LINLI_MASTER_KEY_FILE": str(place.master_key.expanduser()),
        "LINLI_KEY_STORE": place.key_store.expanduser().resolve().as_uri(),
        "LINLI_IDENTITY_SIGNING_KEY_FILE": str(place.signing_key.expanduser()),
    }


def place_of(folder: Path) -> Place:
    """The data folder in which a platform has run. Raises `CannotStart`."""
    place = Place(data=folder.expanduser().resolve())
    if not place.master_key.exists():
        raise CannotStart(
            f"no platform has run with {place.data}: give the folder of `linli up` or"
            " `linli cluster` with --data"
        )
    return place


def make_secrets(place: Place) -> None:
    """Make what is secret in a platform's folder, each unless it is there.

    Raises `CannotStart` if one cannot be read, or if the master key is gone and the rest is not: what
    the old key enciphered no other opens. The master key is made first, before any data is.
    """
    had_data = [each for each in (place.postgres, place.signing_key, place.operator_secret) if each.exists()]
    if had_data and not place.master_key.exists():
        raise CannotStart(
            f"{place.master_key} is missing, and {place.data} holds data that only this key opens: restore it"
            " from a backup, or remove the whole folder to start over"
        )
    _make_secret(place.master_key, lambda: base64.b64encode(os.urandom(32)))
    _make_secret(place.signing_key, lambda: SigningKey.generate().pem())
    _make_secret(place.operator_secret, lambda: secrets.token_urlsafe(24).encode())
    _check(
        place.master_key, MasterKey.from_text, "restore it from a backup: only this key can decrypt the data"
    )
    _check(
        place.signing_key,
        lambda text: SigningKey.from_pem(text.encode()),
        "restore it from a backup, or delete it: a new one is made, and all earlier tokens become invalid",
    )
    _check(place.operator_secret, _some_text, "delete it: a new one is made at the next start")


def make_relay_keys(place: Place, services: Iterable[str]) -> None:
    """Make the keys that sign the relays' batches, each unless it is there, and lay out the public halves.

    A public half stays when its key is deleted, so that what it signed can still be verified: a key is
    changed by deleting it, and its public half is taken out later. Raises `CannotStart` if one is damaged.
    """
    place.source_keys.mkdir(parents=True, exist_ok=True)
    for service in services:
        path = place.relay_key(service)
        _make_secret(path, lambda: SigningKey.generate().pem())
        _check(path, lambda text: SigningKey.from_pem(text.encode()), "delete it: a new one is made")
        public = place.source_keys / path.name
        known = public.read_bytes() if public.exists() else b""
        its = SigningKey.from_pem(path.read_bytes()).public_pem()
        if its not in known:
            put(public, known + its)


def _make_secret(path: Path, make: Callable[[], bytes]) -> None:
    """Write a new secret that only its owner may read, unless there is one."""
    if path.exists():
        return
    put(path, make() + b"\n")


def _check(path: Path, read: Callable[[str], object], remedy: str) -> None:
    """Raise `CannotStart`, with the remedy, if the secret is none. Nothing of it is quoted."""
    try:
        read(path.read_text("ascii"))
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError:
        raise CannotStart(f"{path} is damaged (it is not text): {remedy}") from None
    except (ValueError, SettingsRefused) as error:
        reason = str(error).partition(":")[0]
        raise CannotStart(f"{path} is damaged ({reason}): {remedy}") from None


def _some_text(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text
