"""The keys by which a process verifies tokens: its own where identity runs, else those that it publishes."""

from collections.abc import Sequence

from libs.rpc.key_set import KeySet
from libs.rpc.key_source import OwnKeys
from libs.rpc.signed_keys import Trust
from libs.runtime.config.settings import Settings
from libs.runtime.host.batch_keys import key_source_of
from libs.runtime.host.opened import OpenService, public_keys_of


def key_set_of(services: Sequence[OpenService], settings: Settings) -> KeySet:
    """The key set. Raises `CannotStart` where none is given."""
    stale_after = settings.keys_stale_after.total_seconds()
    own = public_keys_of(services)
    if own is not None:
        return KeySet(OwnKeys(own.read, own.wait), stale_after=stale_after)
    source = key_source_of(settings)
    return KeySet(source, Trust(settings.keys_root), stale_after=stale_after)
