"""The vhosts that tests get."""

import pytest
from kombu import Connection

from libs.testkit.rabbit import KillableRabbit, RabbitServer


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


@pytest.mark.parametrize("killed", [False, True], ids=["as it was", "killed and running again"])
def test_a_running_node_is_as_good_as_new_without_another_start(
    killable_rabbit: KillableRabbit, killed: bool
) -> None:
    with Connection(killable_rabbit.url) as connection, connection.channel() as channel:
        channel.queue_declare("of-before", durable=True, auto_delete=False)
    before = killable_rabbit.pids()
    killable_rabbit._killed = killed

    killable_rabbit.renew()

    assert killable_rabbit.pids() == before
    with (
        Connection(killable_rabbit.url) as connection,
        connection.channel() as channel,
        pytest.raises(Exception, match="no queue 'of-before'"),
    ):
        channel.queue_declare("of-before", passive=True)


def test_a_test_that_uses_the_broker_is_marked(broker: str, request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("store") is not None
