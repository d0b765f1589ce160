"""A connection to the broker ends in bounded time, and a queue that came back dead is made anew."""

from typing import Any

import amqp
import pytest

from libs.messaging import broker, topology
from libs.messaging.broker import BROKEN, Broker, BrokerSettings
from libs.messaging.publishing import Publishing
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.testkit import patience
from libs.testkit.eventually import eventually

QUEUE = topology.subscription("cases", "catalog")


@pytest.mark.parametrize("heartbeat", [10, 1])
def test_a_queue_that_came_back_dead_is_deleted_and_declared_anew(
    killable_rabbit: EmbeddedRabbitMQ, heartbeat: int
) -> None:
    to = Broker(BrokerSettings(url=killable_rabbit.url, heartbeat=heartbeat))
    broker.close(_listening(to, []))
    killable_rabbit.kill()  # so soon after it was made, it may come back without a leader
    killable_rabbit.restart()

    came: list[bytes] = []
    connection = _listening(to, came)
    publishing = to.connect()
    Publishing(publishing).publish(b"new", topology.live("catalog"))
    while not came:
        connection.drain_events(timeout=patience.seconds(10))

    assert came == [b"new"]
    for each in (connection, publishing):
        broker.close(each)


def test_nobody_there_is_said_at_once() -> None:
    with pytest.raises(BROKEN):
        Broker(BrokerSettings(url="amqp://linli:secret@127.0.0.1:1/none")).connect()


def test_the_place_is_told_without_the_password() -> None:
    settings = BrokerSettings(url="amqps://linli:secret@rabbit.example:5671/district-7")

    assert settings.place == "rabbit.example:5671/district-7"
    assert "secret" not in repr(settings)


def _listening(to: Broker, came: list[bytes]) -> Any:
    """Listen, again after a failure, as relay and worker do."""

    def take(message: Any) -> None:
        came.append(message.body)
        broker.acknowledge(message)

    def listening() -> Any:
        try:
            connection = to.connect()
            to.listen(connection, QUEUE, take, prefetch=10)
        except BROKEN as broken:
            raise AssertionError(f"it is broken: {broken}") from broken
        return connection

    return eventually(listening, "somebody listens", seconds=60)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (amqp.AccessRefused("Login was refused"), "LINLI_BROKER_PASSWORD"),
        (amqp.NotAllowed("vhost none not found"), "the virtual host"),
        (ConnectionRefusedError(111, "ECONNREFUSED"), "is RabbitMQ running there"),
        (TimeoutError(), "does not answer"),
        (amqp.InternalError("what else"), "InternalError with RabbitMQ at"),
    ],
)
def test_what_keeps_us_from_the_broker_is_told_with_what_to_do(error: Exception, said: str) -> None:
    settings = BrokerSettings(url="amqp://linli:secret@rabbit.example:5672/district-7")

    told = broker.told(settings, error)

    assert said in told
    assert "rabbit.example:5672/district-7" in told
    assert "secret" not in told
