"""Batches as they travel over the broker: signed by their source, and taken from nobody else."""

from collections.abc import Callable
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.rpc.keys import SigningKey

_CONTEXT = b"linli.exchange.v1.SignedBatch\0"

Reason = Literal["unreadable", "key_unknown", "signature", "other_source", "positions"]
KeyOf = Callable[[str, str], Ed25519PublicKey | None]
"""The public key of a source, by the source's name and the key's id, if it has such a key now."""


class NotGenuine(Exception):
    """A message that is not a batch of its source: nothing of it may take effect."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Signer:
    """Signs the batches of one source."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.key_id = key.kid

    def seal(self, batch: feed.Batch) -> bytes:
        """The message that carries a batch."""
        body = batch.SerializeToString()
        signature = self._key.private.sign(_CONTEXT + body)
        return exchange_pb2.SignedBatch(
            batch=body, key_id=self.key_id, signature=signature
        ).SerializeToString()


def opened(message: bytes, source: str, key_of: KeyOf) -> feed.Batch:
    """The batch in a message that is said to come from a source. Raises `NotGenuine`."""
    try:
        signed = exchange_pb2.SignedBatch.FromString(message)
    except DecodeError:
        raise NotGenuine("unreadable", "the message is not a signed batch") from None
    key = key_of(source, signed.key_id)
    if key is None:
        raise NotGenuine("key_unknown", f"identity publishes no key {signed.key_id or '(none)'} of {source}")
    try:
        key.verify(signed.signature, _CONTEXT + signed.batch)
    except InvalidSignature:
        raise NotGenuine("signature", f"the signature is not by key {signed.key_id} of {source}") from None
    try:
        batch = feed.Batch.FromString(signed.batch)
    except DecodeError:
        raise NotGenuine("unreadable", "what was signed is not a batch") from None
    _check(batch, source)
    return batch


def _check(batch: feed.Batch, source: str) -> None:
    """Refuse a batch that speaks for another source, or of positions that are not there.

    The head must not lie before `until`. Beyond that, only the signature protects it.
    """
    strangers = [event.source for event in batch.events if event.source != source]
    if batch.source != source or strangers:
        raise NotGenuine("other_source", f"the batch is of {strangers[0] if strangers else batch.source}")
    inside = all(batch.after < event.sequence <= batch.until for event in batch.events)
    if not (0 <= batch.after <= batch.until <= batch.head and inside):
        raise NotGenuine(
            "positions",
            f"positions do not fit: after {batch.after}, until {batch.until}, head {batch.head}",
        )
