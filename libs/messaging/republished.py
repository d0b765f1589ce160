"""What a relay publishes once more, for one consumer that missed something or began to want it."""

from collections.abc import Iterator

from google.protobuf.message import DecodeError
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.translate import Source
from libs.telemetry import logs

_log = logs.get("relay")


def request_of(source: Source, body: bytes) -> exchange_pb2.Rewind | None:
    """The request in a message to a source's relay, if it can be answered."""
    try:
        request = exchange_pb2.Rewind.FromString(body)
    except DecodeError:
        _log.warning("rewind request is unreadable", service=source.service)
        return None
    if request.source != source.name:
        return None
    unknown = source.unknown(request.types)
    if unknown:  # of a newer release; answered now, it would take these types for read up to our position
        _log.warning(
            "asked for types that this release does not publish",
            service=source.service,
            consumer=request.consumer,
            types=unknown,
        )
        return None
    return request


def answer(
    source: Source, request: exchange_pb2.Rewind, position: int, *, limit: int, most: int
) -> Iterator[feed.Batch]:
    """At most `most` batches of `limit` positions, then an empty one at the relay's own `position`.

    So a consumer that is still behind then asks for the rest. If only some types are asked for,
    stretches without any are joined to what follows.
    """
    types = list(request.types) or None
    begin = after = max(0, request.after)
    for _ in range(most):
        if after >= position:
            break
        batch = source.batch(after, limit, types)
        after = batch.until
        if batch.events or types is None:
            if batch.after != begin:  # joined to what came before it, which it says nothing of
                del batch.positions[:], batch.marks[:]
            batch.after, begin = begin, after
            yield source.proved(batch)
    if begin < after:
        yield _without_events(source, begin, after, types)
    yield _without_events(source, position, position, types)


def empty(source: Source, position: int) -> feed.Batch:
    """A batch that says only that the relay lives, and where it is."""
    return _without_events(source, position, position, None)


def _without_events(source: Source, after: int, until: int, types: list[str] | None) -> feed.Batch:
    head = max(until, source.head())
    return source.proved(feed.Batch(source=source.name, after=after, until=until, head=head, types=types))
