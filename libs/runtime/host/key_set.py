"""The keys by which a process verifies tokens: its own where identity runs, else those that it publishes."""

from collections.abc import Sequence

from libs.rpc.key_set import KeySet
from libs.rpc.key_source import OwnKeys, source_at
from libs.rpc.signed_keys import Trust
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings
from libs.runtime.host.opened import OpenService, public_keys_of


def key_set_of(services: Sequence[OpenService], settings: Settings) -> KeySet:
    """The key set. Raises `CannotStart` where none is given."""
    stale_after = settings.keys_stale_after.total_seconds()
    own = public_keys_of(services)
    if own is not None:
        return KeySet(OwnKeys(own.read, own.wait), stale_after=stale_after)
    if not settings.keys_url:
        raise CannotStart(
            "LINLI_KEYS_URL is not set: tokens are verified with identity's keys, for instance"
            " https://identity:7480/keys.json or file:///etc/linli/keys.json"
        )
    try:
        source = source_at(settings.keys_url, ca=settings.keys_ca)
    except ValueError as error:
        raise CannotStart(f"LINLI_KEYS_URL: {error}") from None
    return KeySet(source, Trust(settings.keys_root), stale_after=stale_after)
