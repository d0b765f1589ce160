"""The vhosts that tests get."""

import pytest
from kombu import Connection

from libs.testkit.rabbit import RabbitServer


def test_each_test_gets_an_empty_vhost_of_its_own(rabbit_server: RabbitServer) -> None:
    one, other = rabbit_server.create(), rabbit_server.create()
    with Connection(one) as connection, connection.channel() as channel:
        channel.queue_declare("only-here", durable=True, auto_delete=False)

    with (
        Connection(other) as connection,
        connection.channel() as channel,
        pytest.raises(Exception, match="no queue 'only-here'"),
    ):
        channel.queue_declare("only-here", passive=True)

    rabbit_server.drop(one)
    rabbit_server.drop(other)


def test_a_test_that_uses_the_broker_is_marked(broker: str, request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("store") is not None
