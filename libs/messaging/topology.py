"""What Linli declares in the broker, in one table: an exchange, and a queue for each consumer of each source.

The page for operators, TOPOLOGY.md beside this file, is written from here (`linli topology`).
A cell has a virtual host of its own, so no name here carries the cell's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

EXCHANGE = "linli.events"
"""The one exchange: topic, durable."""

QUEUE_ARGUMENTS: Mapping[str, object] = {"x-queue-type": "quorum", "x-single-active-consumer": True}
"""The only arguments that a queue of ours has; RabbitMQ 3.10 to 4.x take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A quorum queue with a single active consumer, and what comes into it."""

    name: str
    keys: tuple[str, ...]
    reader: str
    carries: str


def live(service: str) -> str:
    """The routing key of what a service's relay publishes."""
    return f"events.{service}"


def again(service: str, consumer: str) -> str:
    """The routing key of what a relay publishes once more for one consumer."""
    return f"again.{service}.{consumer}"


def rewind(service: str) -> str:
    """The routing key of requests to a service's relay to publish again."""
    return f"rewind.{service}"


def subscription(consumer: str, upstream: str) -> Queue:
    """The queue from which a service reads one neighbour's events."""
    return Queue(
        name=f"{consumer}.from.{upstream}",
        keys=(live(upstream), again(upstream, consumer)),
        reader=f"{consumer} worker",
        carries=f"batches of events of {upstream}",
    )


def requests(service: str) -> Queue:
    """The queue by which a service's relay is asked to publish again."""
    return Queue(
        name=f"relay.{service}",
        keys=(rewind(service),),
        reader=f"{service} relay",
        carries="requests to publish again",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a service's user may do in the virtual host, as regular expressions, in RabbitMQ's own terms.

    `publish` and `bind` are topic permissions on the exchange: the routing keys that it may publish with,
    and those that it may bind its queues to.
    """

    configure: str
    write: str
    read: str
    publish: str
    bind: str


def rights(service: str, upstreams: Sequence[str]) -> Rights:
    """What a service needs that reads some neighbours' events, and no more: it publishes only its own."""
    queues = [subscription(service, upstream) for upstream in upstreams] + [requests(service)]
    own = _one_of(EXCHANGE, *(queue.name for queue in queues))
    publishes = [live(service), *(rewind(upstream) for upstream in upstreams)]
    to_anybody = re.escape(again(service, "")) + "[a-z]+"
    return Rights(
        configure=own,
        write=own,
        read=own,
        publish=f"^({'|'.join([*map(re.escape, publishes), to_anybody])})$",
        bind=_one_of(*(key for queue in queues for key in queue.keys)),
    )


def _one_of(*names: str) -> str:
    return f"^({'|'.join(map(re.escape, names))})$"


def commands(vhost: str, subscriptions: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What an operator runs to give each service's user, named as the service, its rights."""
    for service, upstreams in subscriptions.items():
        may, user = rights(service, upstreams), f"-p {quote(vhost)} {service}"
        yield f"rabbitmqctl set_permissions {user} '{may.configure}' '{may.write}' '{may.read}'"
        yield f"rabbitmqctl set_topic_permissions {user} {EXCHANGE} '{may.publish}' '{may.bind}'"


def all_queues(subscriptions: Mapping[str, Sequence[str]]) -> Iterator[Queue]:
    """All queues of a cell; `subscriptions`: by service, the neighbours whose events it reads."""
    for consumer, upstreams in subscriptions.items():
        for upstream in upstreams:
            yield subscription(consumer, upstream)
    for service in subscriptions:
        yield requests(service)


def page(subscriptions: Mapping[str, Sequence[str]]) -> str:
    """The operators' page, in Markdown."""
    arguments = ", ".join(f"`{name}={str(value).lower()}`" for name, value in QUEUE_ARGUMENTS.items())
    rows = [
        f"| `{queue.name}` | {_listed(queue.keys)} | {queue.carries} | {queue.reader} |"
        for queue in all_queues(subscriptions)
    ]
    permitted = [
        f"| `{service}` | {_regex(may.publish)} | {_regex(may.bind)} | {_regex(may.configure)} |"
        for service, may in ((each, rights(each, upstreams)) for each, upstreams in subscriptions.items())
    ]
    return _PAGE.format(
        exchange=EXCHANGE, arguments=arguments, rows="\n".join(rows), permitted="\n".join(permitted)
    )


def _regex(expression: str) -> str:
    """In a cell of a table, whose bars must be escaped."""
    return "`" + expression.replace("|", "\\|") + "`"


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


_PAGE = """\
# What Linli keeps in RabbitMQ

Written by `linli topology`; a test compares it with the code. It works with RabbitMQ 3.10 to 4.x.

Every cell has a virtual host of its own. Each process declares what it needs when it connects: there is
nothing to set up, and nothing to restore after the broker has lost its data. The ledgers are the outbox,
and a consumer asks for whatever it missed.

One topic exchange, durable: `{exchange}`. All queues are durable and have these arguments and no others:
{arguments}.

| queue | bound to | carries | read by |
|---|---|---|---|
{rows}

- **Messages** are protobuf: `linli.exchange.v1.SignedBatch` in `events.*` and `again.*`, with a
  `linli.feed.v1.Batch` in it, and `linli.exchange.v1.Rewind` in `rewind.*`. A batch states which positions of
  its source it covers, so a consumer recognises what it has handled and what it lacks. Each relay publishes
  an empty batch every two seconds when nothing happens.
- **Acknowledgement.** A batch is acknowledged after its effects and its position are committed in the
  consumer's database.
- **Gaps.** A consumer that finds a gap (because it is new, or the broker lost its data) asks the relay to
  publish again. The answer goes to that consumer's queue alone, at most 10,000 positions at a time.
- **Parked events**, which could not be handled, are not kept here but in the consumer's database:
  `linli <service> parked list | show | retry | discard`.
- **Signatures.** A relay signs its batches with a key of its own. A consumer takes no batch that it cannot
  verify with a key that identity publishes for that source: it counts it
  (`linli_inbox_refused_batches_total`), logs it and goes on. Nothing is lost: a genuine batch that was
  refused leaves a gap, and is asked for again.
- **A consumer that was removed for good** leaves its queues behind, and they grow: delete them by name.
  Deleting the queue of a running consumer does no harm: it declares the queue again and repairs the gap.
  The same holds for bindings and the exchange: a worker that receives nothing declares them again.
- **Short of memory or disk**, the broker blocks publishers: relays wait on their connections and say so
  (`/readyz` where the relay is a process of its own, and the log), and workers continue with what is in
  their queues.

## Permissions
Give each service a user of its own, which may publish its own events and no others. `linli topology
--permissions VHOST` prints the commands for users that are named as their services; `linli cluster` does the
same with its own node. Configure, write and read have the same expression. Publish and bind are topic
permissions on `{exchange}`: RabbitMQ answers ACCESS_REFUSED to any other routing key.

| user | may publish | may bind to | configure, write, read |
|---|---|---|---|
{permitted}

The permissions keep messages of others out of the queues; the signatures keep them from being believed.
"""
