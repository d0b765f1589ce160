"""The exchange of events: the broker and its permissions, and how a service stands with its sources."""

from collections.abc import Iterator, Mapping
from typing import Any

import amqp
import psycopg
from psycopg import Connection
from psycopg.rows import dict_row

from libs.ledger.store.recorder import EVENTS_TABLE, TRACKING_TABLE
from libs.ledger.views import view_tables
from libs.messaging import broker, topology
from libs.messaging.translate import service_of
from libs.runtime.bundled.rabbitmq_install import OLDEST
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings
from libs.runtime.doctor.finding import Finding, Looking
from libs.runtime.host.opened import broker_of
from libs.runtime.host.parts import Service

_BEHIND = 1_000
_PATIENCE = 5


def look_at_broker(looking: Looking, service: Service, settings: Settings) -> Iterator[Finding]:
    """Whether the broker lets this service in, has its queues, and permits it to declare them."""
    if not settings.broker_url.reveal():
        yield looking.unseen(
            "broker", "LINLI_BROKER_URL is not set: no relay and no worker can run with this"
        )
        return
    try:
        to = broker_of(settings)
        connection = to.connect()
    except CannotStart as error:
        yield looking.broken("broker", str(error), "mend the setting")
        return
    except broker.BROKEN as error:
        yield looking.broken("broker", broker.told(_place(settings), error), _lets_in(error))
        return
    try:
        yield broker_version(looking, to.settings.place, connection.server_properties)
        yield _rights(looking, service, connection)
    finally:
        broker.close(connection)


def _lets_in(error: BaseException) -> str:
    """What to do about a broker that a service does not come into."""
    if isinstance(error, amqp.AccessRefused | amqp.NotAllowed):
        return (
            "LINLI_BROKER_PASSWORD (or its _FILE) and RabbitMQ must agree, and `linli topology"
            " --permissions VHOST` prints the user's rights: OPERATING.md, A password is refused"
        )
    return "nothing is lost meanwhile; start it, or make it reachable: OPERATING.md, RabbitMQ is away"


def _place(settings: Settings) -> broker.BrokerSettings:
    """Where the broker is, for its words."""
    return broker.BrokerSettings(url=settings.broker_url.reveal())


def broker_version(looking: Looking, place: str, told: Mapping[str, Any]) -> Finding:
    """What it means that the broker at a place says this of itself."""
    version = str(told.get("version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST:
        return looking.broken(
            "broker",
            f"RabbitMQ {version} at {place} is too old",
            f"upgrade to {'.'.join(map(str, OLDEST))} or newer",
        )
    return looking.ok("broker", f"RabbitMQ {version or '(no version told)'} at {place} lets this service in")


def _rights(looking: Looking, service: Service, connection: Any) -> Finding:
    """Declare again the queues that are there: that changes nothing, and takes the right to declare them.

    Exchange and bindings are not declared: what is missing of them would be made by that.
    """
    queues = [topology.requests(service.name)]
    queues += [topology.subscription(service.name, upstream) for upstream in service.subscriptions]
    do = "`linli topology --permissions VHOST` prints the commands that give each user its rights"
    missing = []
    for queue in queues:
        try:
            broker.open_channel(connection).queue_declare(queue.name, passive=True)
            broker.declare_queue(broker.open_channel(connection), queue)
        except amqp.NotFound:
            missing.append(queue.name)
        except amqp.PreconditionFailed as error:
            do = f"delete the queue {queue.name}: the processes declare it anew, and ask for what was in it"
            return looking.broken(
                "broker rights", f"{queue.name} was declared otherwise ({error.reply_text})", do
            )
        except broker.BROKEN as error:
            reply = getattr(error, "reply_text", "") or str(error)
            return looking.broken("broker rights", f"may not declare {queue.name} ({reply})", do)
    try:
        broker.open_channel(connection).exchange_declare(topology.EXCHANGE, "topic", passive=True)
    except broker.BROKEN:
        missing.append(f"the exchange {topology.EXCHANGE}")
    if missing:
        says = f"nobody has declared {', '.join(missing)} yet"
        return looking.soon("broker rights", says, "are relay and worker up? they declare it when they start")
    return looking.ok("broker rights", f"may declare its {len(queues)} queues")


def look_at_sources(
    looking: Looking, service: Service, settings: Settings, heads: Mapping[str, str]
) -> Iterator[Finding]:
    """What is parked, how far views and sources are, and whether a source has another history.

    `heads` are the addresses of neighbours' databases, as far as this command has them.
    """
    dsn = settings.database_url.reveal()
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row, connect_timeout=_PATIENCE) as connection:
        yield _views(looking, service, connection)
        if not service.subscriptions:
            return
        yield _parked(looking, connection)
        rows = connection.execute(
            f"SELECT application_name AS source, notification_id AS position, incarnation, chain"
            f" FROM {TRACKING_TABLE}"
        ).fetchall()
    heard = set[str]()
    for row in rows:
        neighbour = service_of(row["source"])
        if neighbour in heads and neighbour in service.subscriptions:
            heard.add(neighbour)
            yield _source(looking, row, heads[neighbour])
    for neighbour in service.subscriptions:
        if neighbour in heads and neighbour not in heard:
            yield from _unheard(looking, neighbour, heads[neighbour])


def _views(looking: Looking, service: Service, connection: Connection[dict[str, Any]]) -> Finding:
    """Of the views of this release; what another one follows, or left behind, is its own."""
    with connection.cursor() as cursor:
        unbuilt = view_tables.unbuilt(cursor, service.views)
        positions = view_tables.positions(cursor, service.views)
        row = cursor.execute(f"SELECT max(notification_id) AS head FROM {EVENTS_TABLE}").fetchone()
    head = (row["head"] if row is not None else None) or 0
    reached = min(positions.values(), default=head)
    do = f"is a projector or server of {looking.service} up? its log tells of a view that stands still"
    behind = head - reached
    if unbuilt:
        return looking.soon("views", f"being built: {', '.join(unbuilt)}", do)
    if behind > _BEHIND:
        return looking.broken(
            "views", f"are {behind:,} positions behind the ledger: answers are out of date", do
        )
    return looking.ok("views", f"reach position {reached:,} of {head:,}")


def _parked(looking: Looking, connection: Connection[dict[str, Any]]) -> Finding:
    found = connection.execute(
        "SELECT count(*) AS events, count(DISTINCT subject) AS subjects FROM parked"
    ).fetchone()
    assert found is not None  # noqa: S101  # an aggregate has one row
    if found["events"]:
        says = f"{found['events']} events about {found['subjects']} subjects could not be handled"
        return looking.broken("parked", says, f"`linli {looking.service} parked list`, then `parked show ID`")
    return looking.ok("parked", "nothing is parked")


def _unheard(looking: Looking, neighbour: str, address: str) -> list[Finding]:
    """A source has events, and none is handled: its consumer has just begun, or does not run."""
    try:
        with psycopg.connect(address, row_factory=dict_row, connect_timeout=_PATIENCE) as connection:
            found = connection.execute(f"SELECT max(notification_id) AS head FROM {EVENTS_TABLE}").fetchone()
    except psycopg.Error:
        return []  # of its database more is said where it is looked at
    head = (found["head"] if found is not None else None) or 0
    if not head:
        return []
    do = f"if it stays so, restart the worker of {looking.service}: was its database recreated while it ran?"
    return [looking.soon(f"reads {neighbour}", f"nothing is handled of {head:,}", do)]


def _source(looking: Looking, row: dict[str, Any], address: str) -> Finding:
    """Compare the chain at the position that was handled with the source's own there."""
    about, position = f"reads {service_of(row['source'])}", row["position"]
    try:
        with psycopg.connect(
            address, autocommit=True, row_factory=dict_row, connect_timeout=_PATIENCE
        ) as connection:
            found = connection.execute(
                f"SELECT (SELECT max(notification_id) FROM {EVENTS_TABLE}) AS head,"
                f" (SELECT chain FROM {EVENTS_TABLE} WHERE notification_id <= %s"
                " ORDER BY notification_id DESC LIMIT 1) AS chain",
                [position],
            ).fetchone()
    except psycopg.Error:
        return looking.unseen(about, f"handled up to {position:,}; its database does not answer")
    assert found is not None  # noqa: S101  # a SELECT without FROM has one row
    head, known = found["head"] or 0, bytes(row["chain"] or b"")
    if head < position or (known and found["chain"] is not None and bytes(found["chain"]) != known):
        says = (
            f"{row['source']} has another history than what was handled up to {position:,}: all stops"
            f" (it was restored or lost events, and ends at {head:,})"
        )
        at = "POSITION" if head else "0"
        do = f"`linli {looking.service} sources reconcile {row['source']} {at}`: OPERATING.md, Reconcile"
        return looking.broken(about, says, f"{do} after a restore")
    if head - position > _BEHIND:
        do = (
            f"are the relay of {service_of(row['source'])} and the worker of {looking.service} up? their logs"
        )
        return looking.broken(about, f"{head - position:,} positions behind: it has no effect here yet", do)
    return looking.ok(about, f"handled up to {position:,} of {head:,}, of the same history")
