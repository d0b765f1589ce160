"""The public keys of sources as a consumer knows them: published by identity, kept in its own database."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg import Connection

from libs.rpc.keys import Jwks, keys_of_sources
from libs.telemetry import logs

DDL = """
CREATE TABLE IF NOT EXISTS public.source_keys (
    source text NOT NULL,
    kid text NOT NULL,
    public_key bytea NOT NULL,
    learned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, kid)
);
"""
"""The table, made by `migrate` in the service's own database."""

Known = Mapping[tuple[str, str], Ed25519PublicKey]
Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_log = logs.get("keys")


class SourceKeys:
    """Loads the keys when needed, and goes on with those that it has while identity is away.

    It looks again after `fresh` seconds, and sooner for a key that it does not know: after `pause`
    seconds, or, if it knows none of that source, after a second. So a rotation needs no restart,
    forged key ids cause no load, and an identity that hangs holds up nobody for long.
    """

    def __init__(
        self,
        load: Callable[[], Jwks],
        connect: Connect,
        *,
        fresh: float = 300.0,
        pause: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`load` reads identity's key set; `connect` opens the consumer's own database."""
        self._load = load
        self._connect = connect
        self._fresh = fresh
        self._pause = pause
        self._clock = clock
        self._keys: Known | None = None
        self._tried = float("-inf")
        self._lock = threading.Lock()

    def of(self, source: str, kid: str) -> Ed25519PublicKey | None:
        """The key of a source; None if it has no such key."""
        with self._lock:
            if self._keys is None:
                self._keys = self._kept()
            if self._clock() - self._tried >= self._patience(self._keys, source, kid):
                self._tried = self._clock()
                self._keys = self._renewed(self._keys)
            return self._keys.get((source, kid))

    def _patience(self, keys: Known, source: str, kid: str) -> float:
        if (source, kid) in keys:
            return self._fresh
        return self._pause if any(known == source for known, _ in keys) else 1.0

    def _renewed(self, keys: Known) -> Known:
        """What identity publishes now; if it cannot be asked, or does not say, what we have."""
        try:
            published = keys_of_sources(self._load())
        except Exception as error:  # noqa: BLE001  # whatever identity does, old keys stay good
            _log.warning("keys of sources not loaded", error=str(error), keys=len(keys))
            return keys
        if published is None or published.keys() == keys.keys():
            return keys
        self._keep(published)
        added = sorted(" ".join(each) for each in published.keys() - keys.keys())
        gone = sorted(" ".join(each) for each in keys.keys() - published.keys())
        _log.info("keys of sources changed", added=added, gone=gone)
        return published

    def _kept(self) -> Known:
        with self._connect() as connection:
            rows = connection.execute("SELECT source, kid, public_key FROM public.source_keys").fetchall()
        return {
            (row["source"], row["kid"]): Ed25519PublicKey.from_public_bytes(bytes(row["public_key"]))
            for row in rows
        }

    def _keep(self, keys: Known) -> None:
        """Write down what identity publishes, and nothing else."""
        rows = [(source, kid, key.public_bytes_raw()) for (source, kid), key in keys.items()]
        with self._connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE public.source_keys IN EXCLUSIVE MODE")
            connection.execute("DELETE FROM public.source_keys")
            connection.cursor().executemany(
                "INSERT INTO public.source_keys (source, kid, public_key) VALUES (%s, %s, %s)", rows
            )
