"""A worker outlasts what it stands on: its store, the broker, the network, and operators."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from libs.messaging import reconcile, topology
from libs.messaging.broker import BROKEN, Broker, BrokerSettings, close, declare, open_channel
from libs.messaging.publishing import Publishing
from libs.messaging.schema import migrate
from libs.messaging.tests.town import SIGNER, SOURCE, Town, lose_all_behind
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.host.opened import open_service
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import opened, settings_for
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres, TestServer
from libs.testkit.proxy import Proxy
from libs.testkit.rabbit import RabbitServer
from libs.worker.tests.street import SOON, Street

QUEUE = topology.subscription("tally", "counter")


def test_a_store_that_is_away_is_waited_for_over_the_same_connection(
    postgres_server: TestServer, killable_postgres: KillablePostgres, broker: str, tmp_path: Path
) -> None:
    dsn = killable_postgres.ensure_database("tally")
    migrate(dsn, "tally", tally.SERVICE.views, events=tally.EVENTS)
    with ExitStack() as stack, opened(postgres_server, [counter.SERVICE]) as (counting,):
        tallying = open_service(tally.SERVICE, settings_for(dsn), {})
        stack.callback(tallying.close)
        street = Street(Town(counting, tallying), broker, tmp_path, stack)
        with street.publishing():
            worker = street.worker(LINLI_DRAIN="1s")
            street.town.count(1)
            street.arrives()

            silent = street.broker().connect()
            killable_postgres.kill()
            street.town.count(2, 3)
            eventually(lambda: _given_up(silent), "the broker gives up who is silent for two heartbeats")
            killable_postgres.restart()

            street.arrives(seconds=60)
            assert not worker.has_said("lost the broker and tries again")

            killable_postgres.kill()
            street.town.count(4)
            assert worker.stop() == 0


def test_a_store_that_falls_silent_for_ever_ends_the_liveness(
    street: Street, postgres_server: TestServer
) -> None:
    """What keeps a connection alive whose other end is gone keeps libpq waiting for ever."""
    dsn = street.environ("tally")["LINLI_DATABASE_URL"]
    given = conninfo_to_dict(dsn)
    with (
        Proxy(Path(str(given["host"])) / f".s.PGSQL.{given.get('port', '5432')}") as network,
        street.publishing(),
    ):
        there = make_conninfo(dsn, host="127.0.0.1", port=network.port)
        worker = street.worker(LINLI_DATABASE_URL=there, LINLI_STUCK_AFTER="5s")
        street.town.count(1)
        street.arrives()
        assert worker.answers("/livez") == "ok"

        network.forget()
        street.town.count(2)

        eventually(
            lambda: worker.answers("/livez") == "stuck: tally.from.counter",
            "it says that it must be restarted", seconds=SOON,
        )  # fmt: skip
        worker.kill()


def test_a_broker_that_was_killed_is_found_again(
    town: Town, killable_rabbit: EmbeddedRabbitMQ, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        street = Street(town, killable_rabbit.url, tmp_path, stack)
        with street.publishing():
            worker = street.worker()
            street.town.count(1)
            street.arrives()

            killable_rabbit.flush()  # what becomes of a queue as young as this is tested beside the broker
            killable_rabbit.kill()
            worker.says("lost the broker and tries again")
            assert '"tally.from.counter": "ok"' not in worker.answers("/readyz")
            street.town.count(2, 3)
            killable_rabbit.restart()

            street.arrives(seconds=60)
            eventually(lambda: '"tally.from.counter": "ok"' in worker.answers("/readyz"), "it is ready again")


def test_a_network_that_falls_silent_is_noticed(street: Street, rabbit_server: RabbitServer) -> None:
    with Proxy(("127.0.0.1", rabbit_server.node.port)) as network, street.publishing():
        through = street.broker_url.replace(f":{rabbit_server.node.port}/", f":{network.port}/")
        worker = street.worker(LINLI_BROKER_URL=through)
        street.town.count(1)
        street.arrives()

        network.freeze()
        street.town.count(2, 3)
        worker.says("lost the broker and tries again")
        network.restore()

        street.arrives(seconds=60)


def test_a_queue_and_an_exchange_that_an_operator_deleted_are_made_again(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        street.town.count(1)
        street.arrives()
        operator = street.broker().connect()

        operator.channel().queue_delete(QUEUE.name)
        street.town.count(2)
        street.arrives()
        operator.channel().exchange_delete(topology.EXCHANGE)
        street.town.count(3)

        street.arrives()
        assert worker.process.poll() is None
        close(operator)


def test_while_memory_is_short_what_lies_in_the_queue_is_taken_though_something_is_missing(
    street: Street, rabbit_server: RabbitServer
) -> None:
    street.town.count(*[1] * 40)
    _publish_all_but_the_first(street)
    with rabbit_server.short_of_memory():
        worker = street.worker()
        worker.says("gap found")

        eventually(lambda: _waiting(street) == 0, "all that lies there is taken", seconds=SOON)

        assert street.town.steps() == ()
    with street.publishing():
        street.arrives()


def test_messages_of_strangers_harm_nothing(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        stranger = street.broker().connect()
        publishing = Publishing(stranger)
        for body in (b"\xff\xff", b"", b"text"):
            publishing.publish(body, topology.again("counter", "tally"))
        close(stranger)
        street.town.count(1)

        street.arrives()
        assert worker.process.poll() is None


def test_a_source_with_another_history_ends_no_worker_and_goes_on_when_an_operator_decides(
    street: Street,
) -> None:
    with street.publishing():
        worker = street.worker()
        street.town.count(1, 2, 3)
        street.arrives()

        lose_all_behind(street.town, 1)
        street.town.count(10, 20, 30)
        worker.says("source has another history")
        eventually(lambda: "has another history" in worker.answers("/readyz"), "it says why it stands still")
        assert street.town.steps() == (1, 2, 3)
        reconcile.go_on(street.town.tally.ledger, SOURCE, 1, by="olga", reason="a standby took over")

        eventually(lambda: street.town.steps()[3:] == (2, 3, 4), "it goes on by itself", seconds=SOON)
        eventually(lambda: "has another history" not in worker.answers("/readyz"), "and is ready again")
        assert worker.process.poll() is None


def _given_up(connection: Any) -> bool:
    """Whether the broker has ended a connection that sends no heartbeats."""
    try:
        connection.drain_events(timeout=0.01)
    except TimeoutError:
        return False
    except BROKEN:
        return True
    return False


def _publish_all_but_the_first(street: Street) -> None:
    """As if the broker had lost a message: each other event in a batch of its own."""
    connection = street.broker().connect()
    declare(open_channel(connection), QUEUE)
    publishing = Publishing(connection)
    after = street.counted()[0]
    for position in street.counted()[1:]:
        batch = street.town.batch(after=after, limit=1)
        publishing.publish(SIGNER.seal(batch), topology.live("counter"))
        after = position
    close(connection)


def _waiting(street: Street) -> int:
    """How many messages wait in the queue, not counting those that somebody holds."""
    connection = Broker(BrokerSettings(url=street.broker_url)).connect()
    found: int = connection.channel().queue_declare(QUEUE.name, passive=True).message_count
    close(connection)
    return found
