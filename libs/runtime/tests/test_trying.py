"""What a process that starts would run into is measured by one that runs."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from libs.messaging.broker import Broker, BrokerSettings
from libs.runtime.host import trying
from libs.runtime.host.trying import Trying
from libs.telemetry import metrics
from libs.testkit.eventually import eventually


def measured(of: str, trouble: str) -> float | None:
    labels = {"service": "post", "trouble": trouble}
    return metrics.REGISTRY.get_sample_value(f"linli_{of}_trouble", labels)


def test_a_trouble_is_measured_until_a_try_goes_well() -> None:
    answers: Iterator[str] = iter(["password", "full", ""])
    tries = Trying(
        "a database", lambda: next(answers), metrics.database_trouble("post", ["password", "full"])
    )

    seen = [[measured("database", "password"), measured("database", "full")]]
    for _ in range(3):
        tries.look()
        seen.append([measured("database", "password"), measured("database", "full")])

    assert seen == [[0, 0], [1, 0], [0, 1], [0, 0]]


def test_it_tries_again_and_again_until_it_is_told_to_stop() -> None:
    told: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(
        target=Trying("a database", lambda: "away", told.append, every=0.01).run, args=(stop,)
    )

    thread.start()
    eventually(lambda: len(told) > 1)
    stop.set()
    thread.join(10)

    assert not thread.is_alive()
    assert set(told) == {"away"}


def test_a_database_is_tried_by_its_address() -> None:
    trying.database("post", "postgresql://cases:hush@127.0.0.1:1/cases").look()

    assert measured("database", "away") == 1


def test_a_broker_that_lets_the_service_in_is_no_trouble(broker: str) -> None:
    trying.its_broker("post", Broker(BrokerSettings(url=broker))).look()

    assert [measured("broker", each) for each in ("refused", "untrusted", "away")] == [0, 0, 0]


@pytest.mark.parametrize("user", ["linli:wrong", "nobody:wrong"])
def test_a_user_or_a_password_that_the_broker_does_not_know_is_refused(broker: str, user: str) -> None:
    parts = urlsplit(broker)
    wrong = urlunsplit(parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}"))

    trying.its_broker("post", Broker(BrokerSettings(url=wrong))).look()

    assert measured("broker", "refused") == 1


def test_a_broker_that_is_away_refuses_nobody() -> None:
    trying.its_broker("post", Broker(BrokerSettings(url="amqp://linli:hush@127.0.0.1:1/town"))).look()

    assert (measured("broker", "away"), measured("broker", "refused")) == (1, 0)
