"""The folded states of long streams, so that reading one need not begin at its first event."""

import hashlib
import hmac
import inspect
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from psycopg import Connection
from psycopg.rows import DictRow

from libs.ledger.decider import Decider
from libs.ledger.privacy.data_key import DataKey
from libs.ledger.store import shapes
from libs.ledger.store.ledger import Ledger
from libs.ledger.store.mapper import Codec, Where
from libs.ledger.store.recorder import EVENTS_TABLE
from libs.ledger.store.tables import SNAPSHOTS_TABLE
from libs.ledger.streams.folded import Folded
from libs.ledger.streams.requests import Requests

S = TypeVar("S")

log = logging.getLogger(__name__)

_FORM = 3
"""Of what is kept beside the state: another one makes old snapshots void."""
_SAVE = f"""
INSERT INTO {SNAPSHOTS_TABLE} AS s (stream, version, position, fingerprint, body)
VALUES (%(stream)s, %(version)s, %(position)s, %(fingerprint)s, %(body)s)
ON CONFLICT (stream) DO UPDATE
SET version = excluded.version, position = excluded.position,
    fingerprint = excluded.fingerprint, body = excluded.body
WHERE s.version < excluded.version OR s.fingerprint <> excluded.fingerprint
"""
_CHAIN = (
    f"SELECT chain FROM {EVENTS_TABLE}"
    " WHERE notification_id = %s AND originator_id = %s AND originator_version = %s"
)
_LOAD = f"""
SELECT s.version, s.position, s.body, e.chain
FROM {SNAPSHOTS_TABLE} AS s LEFT JOIN {EVENTS_TABLE} AS e
    ON e.notification_id = s.position AND e.originator_id = s.stream AND e.originator_version = s.version
WHERE s.stream = %s AND s.fingerprint = %s
"""


class Snapshots(Generic[S]):
    """Snapshots of one kind of stream.

    A snapshot is a convenience and never the truth: it is used only if the domain's code is, to
    the letter, the one that folded it, and its seal is ours and of this history: the ledger has the chain of
    then at its last event. It is enciphered like the events it comes from.
    """

    def __init__(self, ledger: Ledger, decider: Decider[Any, S, Any]) -> None:
        self._ledger = ledger
        states = shapes.union_of(get_type_hints(decider.evolve)["return"])
        self._codecs = {tp: codec for tp in states if (codec := _codec(tp)) is not None}
        if not self._codecs:
            raise TypeError("none of its states can be stored exactly")
        self._by_name = {tp.__name__: codec for tp, codec in self._codecs.items()}
        self._fingerprint = _fingerprint(decider)

    @classmethod
    def where_possible(cls, ledger: Ledger, decider: Decider[Any, S, Any]) -> "Snapshots[S] | None":
        """Snapshots, unless no state of this decider can be stored exactly: then long streams read slower."""
        try:
            return cls(ledger, decider)
        except (TypeError, KeyError, NameError) as reason:
            log.debug("no snapshots of %s streams: %s", decider.category, reason)
            return None

    def save(self, stream: str, folded: Folded[S]) -> None:
        """Keep a state.

        Does nothing if its personal data has no stored key to seal it with, and of a state that cannot be
        stored exactly: an earlier snapshot then still shortens the way.
        """
        used: dict[str, DataKey] = {}
        tp = type(folded.state)
        if tp not in self._codecs:
            return
        where = _where(stream, folded.version)
        inner = self._codecs[tp].encode((folded.requests, folded.state), self._ledger.keys, used, where)
        if not all(key.stored for key in used.values()):
            return
        with self._ledger.connection() as connection:
            seal = self._seal(stream, folded, inner, _chain_at(connection, stream, folded))
            row = {
                "stream": stream,
                "version": folded.version,
                "position": folded.position,
                "fingerprint": self._fingerprint,
                "body": msgspec.msgpack.encode((tp.__name__, inner, seal)),
            }
            connection.execute(_SAVE, row)

    def load(self, stream: str, blank: Folded[S]) -> Folded[S] | None:
        """The kept state of a stream in a `blank` one, if there is one that this code can trust and read."""
        try:
            return self._load(stream, blank)
        except Exception:  # a convenience: the events tell the same
            log.exception("the snapshot of %s cannot be read", stream)
            return None

    def _load(self, stream: str, blank: Folded[S]) -> Folded[S] | None:
        with self._ledger.connection() as connection:
            row = connection.execute(_LOAD, [stream, self._fingerprint]).fetchone()
        if row is None:
            return None
        kept, chain = replace(blank, version=row["version"], position=row["position"]), row["chain"]
        name, inner, seal = msgspec.msgpack.decode(bytes(row["body"]), type=tuple[str, bytes, str])
        with self._ledger.mapper.opening():
            requests, state = self._by_name[name].decode(inner, _where(stream, row["version"]))
        if chain is None or not hmac.compare_digest(seal, self._seal(stream, kept, inner, bytes(chain))):
            log.error(
                "the snapshot of %s was altered or moved, or its history was lost: it is not used", stream
            )
            return None
        return replace(kept, state=state, requests=requests)

    def _seal(self, stream: str, folded: Folded[S], inner: bytes, chain: bytes) -> str:
        """Keyed by our secret: who can write to the database cannot make a state that we believe.

        `chain`: that of the ledger at the last event, so that the state is of one history only.
        """
        what = (
            f"{stream} {folded.version} {folded.position} {hashlib.sha256(inner).hexdigest()} {chain.hex()}"
        )
        return self._ledger.keys.digest("snapshot", what)


def _chain_at(connection: Connection[DictRow], stream: str, folded: Folded[Any]) -> bytes:
    """The ledger's chain at the last event of a state; b"" if the ledger has no such event."""
    row = connection.execute(_CHAIN, [folded.position, stream, folded.version]).fetchone()
    return bytes(row["chain"]) if row is not None else b""


def _codec(state: type) -> Codec | None:
    """What stores a state exactly; None if nothing does."""
    try:
        return Codec(state, Requests, f"state {state.__name__}")
    except shapes.InexactType as reason:
        log.debug("no snapshots of a state: %s", reason)
        return None


def _where(stream: str, version: int) -> Where:
    """A snapshot opens as the one of its stream at its version, and nowhere else."""
    return Where(stream, f"snapshot {version}")


def _fingerprint(decider: Decider[Any, Any, Any]) -> str:
    """A hash of the room that the fold lives in: whatever changes there makes old snapshots void."""
    digest = hashlib.sha256(f"{_FORM} {decider.category}".encode())
    sources = sorted(Path(inspect.getfile(decider.evolve)).parent.glob("*.py"))
    if not sources:
        raise TypeError("without its source, nobody knows which code folded a state")
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:32]
