"""What stands in the broker is what the operators' page says."""

from pathlib import Path

import pytest

from libs.messaging import topology
from libs.messaging.broker import Broker, BrokerSettings, close, declare, open_channel
from libs.testkit.rabbit import RabbitServer
from services.command.line import run
from services.command.registry import NAMES, load

PAGE = Path(topology.__file__).parent / "TOPOLOGY.md"
SUBSCRIPTIONS = {name: sorted(load(name).subscriptions) for name in NAMES}


def test_the_page_is_what_linli_topology_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topology"]) == 0

    assert capsys.readouterr().out == PAGE.read_text(), "write it anew: linli topology > the page"


def test_the_page_names_every_queue_once_with_its_bindings() -> None:
    page = PAGE.read_text()
    queues = list(topology.all_queues(SUBSCRIPTIONS))

    assert len({queue.name for queue in queues}) == len(queues)
    for queue in queues:
        keys = ", ".join(f"`{key}`" for key in queue.keys)
        assert page.count(f"| `{queue.name}` | {keys} | {queue.carries} | {queue.reader} |\n") == 1


def test_every_queue_stands_in_the_broker_with_these_arguments_and_no_others(
    rabbit_server: RabbitServer, broker: str
) -> None:
    _declare_all(broker)

    two = {"x-queue-type": "quorum", "x-single-active-consumer": "true"}
    wanted = {queue.name: two for queue in topology.all_queues(SUBSCRIPTIONS)}
    assert rabbit_server.arguments(broker) == wanted


def _declare_all(url: str) -> None:
    connection = Broker(BrokerSettings(url=url)).connect()
    channel = open_channel(connection)
    for queue in topology.all_queues(SUBSCRIPTIONS):
        declare(channel, queue)
    close(connection)
