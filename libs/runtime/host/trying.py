"""Tries now and then what a process that starts would run into, for the metrics.

Connections that are open tell nothing of a password that was changed, nor of a disk that is nearly full.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import amqp

from libs.ledger.store.reached import TROUBLES, try_database
from libs.messaging import broker
from libs.messaging.broker import Broker
from libs.telemetry import logs, metrics

_log = logs.get("trying")

_EVERY = 30.0

BrokerTrouble = Literal["refused", "untrusted", "away"]


class Trying:
    """Asks again and again what is in the way. `run` it in a thread of its own."""

    def __init__(
        self, of: str, ask: Callable[[], str], tell: Callable[[str], None], every: float = _EVERY
    ) -> None:
        """`of`: what is tried, for the log."""
        self._of = of
        self._ask = ask
        self._tell = tell
        self._every = every
        self._last = ""

    def run(self, stop: threading.Event) -> None:
        """Try until `stop` is set; not at once, since a process that starts has just connected."""
        while not stop.wait(self._every):
            self.look()

    def look(self) -> None:
        """Try once."""
        trouble = self._ask()
        self._tell(trouble)
        if trouble and trouble != self._last:
            _log.warning("a process that starts now could not come in", of=self._of, trouble=trouble)
        self._last = trouble


def database(service: str, dsn: str) -> Trying:
    """Tries a service's database, and its disk."""
    tell = metrics.database_trouble(service, TROUBLES)
    return Trying(f"database of {service}", partial(try_database, dsn), tell)


def its_broker(service: str, to: Broker) -> Trying:
    """Tries the broker in a service's name."""
    tell = metrics.broker_trouble(service, get_args(BrokerTrouble))
    return Trying(f"broker for {service}", partial(_try_broker, to), tell)


def _try_broker(to: Broker) -> BrokerTrouble | Literal[""]:
    try:
        connection = to.connect()
    except broker.NotTrusted:
        return "untrusted"
    except (amqp.AccessRefused, amqp.NotAllowed):
        return "refused"
    except broker.BROKEN:
        return "away"
    broker.close(connection)
    return ""
