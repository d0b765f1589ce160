"""Names for texts that cannot be turned back without a secret of the service."""

import hashlib
import os
from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.privacy.master_key import KEY_BYTES, MasterKey, is_wrapped_by

SECRET = "!digest"  # noqa: S105  # the name of its row
"""What the secret is called in the table; no subject of an event can be called that (`ids.stream_name`)."""

_MOST_SCOPES = 10_000
_SELECT = SQL("SELECT wrapped FROM subject_keys WHERE subject = '!digest'")
_INSERT = "INSERT INTO subject_keys (subject, wrapped) VALUES ('!digest', %s) ON CONFLICT DO NOTHING"
_UPDATE = "UPDATE subject_keys SET wrapped = %s WHERE subject = '!digest' AND wrapped = %s"


def check_opens(connection: Connection[Any], master: MasterKey) -> None:
    """Raise `SettingsRefused` unless a master key opens the secret in a database, if one lies there yet.

    Changes nothing, unlike the first use of the digests.
    """
    row = connection.execute(_SELECT).fetchone()
    if row is not None:
        master.unwrap(SECRET, bytes(row["wrapped"]))


class Hmac:
    """HMAC-SHA256 (RFC 2104) under one key, made ready once: `hmac.digest` does that for each message.

    A text has twenty words or so, so that is half of what their terms cost.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """The key has 64 bytes at most."""
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """The digest of a message: 32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


class Digests:
    """Digests under a secret of its own, wrapped by the master key. Safe for many threads."""

    def __init__(self, datastore: Datastore, master: MasterKey) -> None:
        self._datastore = datastore
        self._master = master
        self._secret: Hmac | None = None
        self._scopes: dict[tuple[str, str], Hmac] = {}

    def digest(self, purpose: str, text: str) -> str:
        """32 hexadecimal digits: the same for the same purpose and text, for ever."""
        secret = self._secret or self.load()
        return secret.digest(f"{len(purpose)}:{purpose}:{text}".encode()).hex()[:32]

    def terms(self, kind: str, scope: str, words: Iterable[str]) -> list[int]:
        """For each word 32 bits as an integer: the same for the same kind, scope and word, for ever."""
        key = self._scopes.get((kind, scope)) or self._key_of(kind, scope)
        return [int.from_bytes(key.digest(word.encode())[:4], signed=True) for word in words]

    def _key_of(self, kind: str, scope: str) -> Hmac:
        secret, purpose = self._secret or self.load(), f"terms/{kind}"
        key = Hmac(secret.digest(f"{len(purpose)}:{purpose}:{scope}".encode()))
        if len(self._scopes) >= _MOST_SCOPES:
            self._scopes.clear()
        self._scopes[kind, scope] = key
        return key

    def load(self) -> Hmac:
        """The secret, made on the first use by whichever process comes first.

        Raises `SettingsRefused` if no master key at hand opens it.
        """
        made = self._master.wrap(SECRET, os.urandom(KEY_BYTES))
        with self._datastore.connection() as connection:
            connection.execute(_INSERT, [made])
        self._secret = Hmac(self._master.unwrap(SECRET, self.wrapped()))
        return self._secret

    def wrapped(self) -> bytes:
        """The secret as it lies in the database."""
        ((wrapped,),) = self._datastore.select(_SELECT, ())
        return bytes(wrapped)

    def wrap_anew(self) -> int:
        """Wrap it with the current master key; answers 0 if another process has done so."""
        old = self.wrapped()
        if is_wrapped_by([self._master.current], old):
            return 0
        anew = self._master.wrap(SECRET, self._master.unwrap(SECRET, old))
        with self._datastore.connection() as connection:
            return connection.execute(_UPDATE, (anew, old)).rowcount
