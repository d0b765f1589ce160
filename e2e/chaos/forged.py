"""Forged batches in the broker: by users who may publish there, and by users who may not."""

import random
from collections.abc import Iterator

import amqp
from linli.feed.v1 import feed_service_pb2 as feed

from e2e.chaos.ground import Ground
from e2e.chaos.said import Said, expect
from libs.ledger.ids import new_id
from libs.messaging import broker, topology
from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.publishing import Publishing
from libs.messaging.signed import Signer
from libs.rpc.keys import SigningKey

REFUSED = "linli_inbox_refused_batches_total"
_NEVER = 10**15
_SOURCES = ("identity", "catalog", "cases")


def forge_batches(ground: Ground, chance: random.Random) -> str:
    """Somebody has a service's password for the broker, but not the key of its relay."""
    source = chance.choice(_SOURCES)
    hearers = [Said(ground.cluster.processes[name, "worker"]) for name in _hearers(ground, source)]
    forged = dict(_forged(ground, source))
    before = [{reason: _refused(hearer, source, reason) for reason in forged} for hearer in hearers]
    for body in chance.sample(list(forged.values()), len(forged)):
        publish(ground, user=source, key=topology.live(source), body=body)
    for hearer, had in zip(hearers, before, strict=True):
        for reason, count in had.items():
            what = f"{hearer.process.name} refused a forged batch of {source} ({reason})"
            expect(ground.silent, what, lambda h=hearer, r=reason, c=count: _refused(h, source, r) > c)  # type: ignore[misc]
    return f"of {source}"


def forge_as_another(ground: Ground, chance: random.Random) -> str:
    """Somebody has the password of a service that may not publish what they send."""
    source = chance.choice(_SOURCES)
    user = chance.choice([name for name in ground.brokers if name != source])
    body = next(body for _, body in _forged(ground, source))
    consumer = _hearers(ground, source)[0]
    for key in (topology.live(source), topology.again(source, consumer)):
        try:
            publish(ground, user=user, key=key, body=body)
        except amqp.AccessRefused:
            continue
        ground.silent.append(f"{user} was not refused when it published to {key}")
    return f"of {source} by {user}"


def publish(ground: Ground, *, user: str, key: str, body: bytes) -> None:
    """Publish a message as a service's user of the broker. Raises `amqp.AccessRefused` where it may not."""
    connection = Broker(BrokerSettings(url=ground.brokers[user])).connect()
    try:
        Publishing(connection).publish(body, key)
    finally:
        broker.close(connection)


def _forged(ground: Ground, source: str) -> Iterator[tuple[str, bytes]]:
    """Messages that are no batches of a source, by the reason for which each is to be refused."""
    opened = ground.services[source]
    thief = Signer(SigningKey.generate())
    far = feed.Batch(source=opened.source.name, after=opened.ledger.head(), until=_NEVER, head=_NEVER)
    yield "key_unknown", thief.seal(opened.source.proved(far))
    real = Signer(SigningKey.from_pem(ground.cluster.place.relay_key(source).read_bytes()))
    thief.key_id = real.key_id
    yield "signature", thief.seal(_invented(ground, source))
    yield "unreadable", b"\xff not a batch"


def _invented(ground: Ground, source: str) -> feed.Batch:
    """The source's last events once more, as others: they would take effect if they were believed."""
    opened = ground.services[source]
    head = opened.ledger.head()
    batch = opened.source.batch(max(0, head - 200))
    batch.after, batch.until, batch.head = head, head + 10, head + 10
    for number, event in enumerate(batch.events[-10:]):
        event.id, event.sequence = new_id(), head + 1 + number
    del batch.events[:-10], batch.positions[:], batch.marks[:]
    return batch


def _hearers(ground: Ground, source: str) -> list[str]:
    """The services whose workers hear a source."""
    return [name for name, each in ground.services.items() if source in each.service.subscriptions]


def _refused(hearer: Said, source: str, reason: str) -> float:
    return hearer.metric(REFUSED, source=source, reason=reason)
