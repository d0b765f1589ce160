"""The key with which this service's relay signs its batches, and the keys of its neighbours."""

from collections.abc import Callable

from libs.messaging.signed import Signer
from libs.rpc.key_source import KeySource, source_at
from libs.rpc.keys import Jwks, SigningKey
from libs.rpc.signed_keys import Trust
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings


def key_source_of(settings: Settings, verifies: str = "tokens are") -> KeySource:
    """Where identity's key set is read, for what it `verifies`. Raises `CannotStart` where none is given."""
    if not settings.keys_url:
        raise CannotStart(
            f"LINLI_KEYS_URL is not set: {verifies} verified with identity's keys, for instance"
            " https://identity:7480/keys.json or file:///etc/linli/keys.json"
        )
    try:
        return source_at(settings.keys_url, ca=settings.keys_ca)
    except ValueError as error:
        raise CannotStart(f"LINLI_KEYS_URL: {error}") from None


def neighbours_keys_of(settings: Settings) -> Callable[[], Jwks]:
    """What reads the key set that identity's root signed. Raises `CannotStart` where none is given."""
    source, trust = key_source_of(settings, "batches of events are"), Trust(settings.keys_root)
    return lambda: trust.opened(source.read())


def signer_of(settings: Settings) -> Signer:
    """What signs the batches of this service's relay. Raises `CannotStart` without a key."""
    key = settings.relay_key.reveal()
    if not key:
        raise CannotStart(
            "LINLI_RELAY_KEY is not set: a relay signs its batches, and consumers take no others. Make a key"
            " with `openssl genpkey -algorithm ed25519`, and give identity its public half"
            " (LINLI_IDENTITY_SOURCE_KEYS)"
        )
    try:
        return Signer(SigningKey.from_pem(key.encode()))
    except ValueError as error:
        raise CannotStart(f"LINLI_RELAY_KEY: {error}") from error
