"""The public keys of the relays, as they lie in a folder: what identity publishes for consumers of events."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from libs.messaging.translate import source_name
from libs.rpc.keys import Jwk, jwk_of
from libs.telemetry import logs

_log = logs.get("keys")
_BEGIN = b"-----BEGIN PUBLIC KEY-----"


class SourceKeysFolder:
    """`<service>.pem` for each relay, with one public key (PEM) after the other.

    It is read whenever the keys are asked for, so that a key is added or taken out without a restart. What
    cannot be read is said, and what was read before stays. A folder without any file is one that cannot be
    read: the volume may not be mounted.
    """

    def __init__(self, folder: Path, cell: str) -> None:
        self._folder = folder
        self._cell = cell
        self._published: Mapping[str, Sequence[Jwk]] | None = None

    def published(self) -> Mapping[str, Sequence[Jwk]] | None:
        """The keys of each source as JWKs, by the source's name in batches; None: not read yet."""
        try:
            self._published = {
                source_name(self._cell, file.stem): [jwk_of(key) for key in _keys_in(file.read_bytes())]
                for file in _files_in(self._folder)
            }
        except (OSError, ValueError) as error:
            _log.error("public keys of relays cannot be read", folder=str(self._folder), error=str(error))
        return self._published


def _files_in(folder: Path) -> Sequence[Path]:
    """The files of the relays. Raises ValueError if there is none."""
    files = sorted(folder.glob("*.pem"))
    if not files:
        message = "the folder has no *.pem"
        raise ValueError(message)
    return files


def _keys_in(pem: bytes) -> Sequence[Ed25519PublicKey]:
    """The keys of one file. Raises ValueError if anything in it is none."""
    keys = []
    for each in pem.split(_BEGIN)[1:]:
        key = serialization.load_pem_public_key(_BEGIN + each)
        if not isinstance(key, Ed25519PublicKey):
            message = "a public key is not of the kind Ed25519"
            raise ValueError(message)  # noqa: TRY004 # the bytes are wrong, not their type
        keys.append(key)
    return keys
