"""A service's user of the broker may do what the service needs, and publishes nobody else's events."""

from collections.abc import Iterator
from dataclasses import dataclass

import amqp
import pytest

from libs.messaging import broker, topology
from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.publishing import Publishing
from libs.messaging.tests.listening import Listener
from libs.messaging.tests.test_relay import QUICK, running, stored
from libs.messaging.tests.town import Town
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.testkit.eventually import eventually
from libs.testkit.rabbit import RabbitServer

USERS = {"counter": topology.rights("counter", []), "tally": topology.rights("tally", ["counter"])}


@dataclass(frozen=True, slots=True)
class Users:
    """The broker, as each service's own user reaches it."""

    counter: Broker
    tally: Broker


@pytest.fixture
def users(rabbit_server: RabbitServer) -> Iterator[Users]:
    """A vhost with a user for each service."""
    url = rabbit_server.create()
    urls = rabbit_server.node.admit(USERS, url.rpartition("/")[2])
    yield Users(**{name: Broker(BrokerSettings(url=its, heartbeat=2.0)) for name, its in urls.items()})
    rabbit_server.drop(url)


def test_with_users_of_their_own_all_that_was_missed_is_asked_for_and_published(
    town: Town, users: Users
) -> None:
    town.count(1, 2)
    with running(town, users.counter, QUICK):
        eventually(lambda: stored(town) == town.counter.ledger.head(), "all is published")
        with Listener(users.tally, town) as listener:
            town.count(3)
            listener.until(lambda: len(town.steps()) == 3)

    assert listener.asked == [0]


@pytest.mark.parametrize(
    "key", [topology.live("counter"), topology.again("counter", "tally"), topology.rewind("tally")]
)
def test_a_service_publishes_no_events_of_another(users: Users, key: str) -> None:
    with Listener(users.tally):
        connection = users.tally.connect()
        with pytest.raises(amqp.AccessRefused, match="ACCESS_REFUSED"):
            Publishing(connection).publish(b"forged", key)
    broker.close(connection)


def test_a_service_puts_nothing_straight_into_a_queue_of_another(users: Users) -> None:
    queue = topology.subscription("tally", "counter").name
    with Listener(users.tally):
        connection = users.counter.connect()
        channel = connection.channel()
        channel.confirm_select()
        with pytest.raises(amqp.AccessRefused, match=r"amq\.default"):
            channel.basic_publish_confirm(amqp.Message(b"forged"), exchange="", routing_key=queue)
    broker.close(connection)


def test_a_service_reads_no_queue_of_another_and_binds_to_nothing_that_is_not_for_it(users: Users) -> None:
    queue = topology.subscription("tally", "counter").name
    with Listener(users.tally):
        reader, binder = users.counter.connect(), users.tally.connect()
        with pytest.raises(amqp.AccessRefused):
            reader.channel().basic_consume(queue)
        with pytest.raises(amqp.AccessRefused):
            binder.channel().queue_bind(queue, topology.EXCHANGE, topology.rewind("counter"))
    broker.close(reader)
    broker.close(binder)


def test_users_and_their_rights_outlive_the_data_of_a_node(killable_rabbit: EmbeddedRabbitMQ) -> None:
    urls = killable_rabbit.admit(USERS)

    killable_rabbit.wipe()

    assert killable_rabbit.admit(USERS) == urls
    connection = Broker(BrokerSettings(url=urls["tally"], heartbeat=2.0)).connect()
    broker.declare(broker.open_channel(connection), topology.subscription("tally", "counter"))
    with pytest.raises(amqp.AccessRefused):
        Publishing(connection).publish(b"forged", topology.live("counter"))
    broker.close(connection)
