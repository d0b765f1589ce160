"""The nameko service class of a worker, built from what its service subscribes to and from its clocks."""

from linli.exchange.v1 import exchange_pb2

from libs.messaging.intake import Delivered
from libs.runtime.host.opened import OpenService
from libs.worker.deliveries import deliveries, every
from libs.worker.runner import RunnerProvider, ServiceRunner


class Hears:
    """The part of a worker whose service subscribes to neighbours."""

    runner: ServiceRunner = RunnerProvider()

    @deliveries
    def hear(self, upstream: str, delivered: Delivered) -> exchange_pb2.Rewind | None:
        """Let a neighbour's batch take effect; answers what its relay is to publish again."""
        return self.runner.hear(upstream, delivered)


class Ticks:
    """The part of a worker whose service has clocks."""

    runner: ServiceRunner = RunnerProvider()

    @every(seconds=0.5)
    def tick(self) -> None:
        """Fire what is due."""
        self.runner.tick()


def nameko_class(opened: OpenService) -> type:
    """The class that nameko runs for a service."""
    parts = (*(Hears,) * bool(opened.service.subscriptions), *(Ticks,) * bool(opened.service.clocks))
    return type(opened.name, parts, {"name": opened.name})
