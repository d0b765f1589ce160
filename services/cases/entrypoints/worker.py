"""The worker of cases, in nameko's hands: neighbours' events, and what is due."""

from linli.exchange.v1 import exchange_pb2

from libs.messaging.intake import Delivered
from libs.runtime.host.opened import OpenService
from libs.runtime.host.shell import Died
from libs.worker.deliveries import deliveries, every
from libs.worker.host import WorkerHost
from libs.worker.house import House, TheHouse


class CasesWorker:
    """What nameko calls: a method for each batch of a neighbour's, and one for the clocks."""

    name = "cases"
    house: House = TheHouse()

    @deliveries
    def hear(self, upstream: str, delivered: Delivered) -> exchange_pb2.Rewind | None:
        """Let a neighbour's batch take effect; answers what its relay is to publish again."""
        return self.house.hear(upstream, delivered)

    @every(seconds=0.5)
    def tick(self) -> None:
        """Fire what is due."""
        self.house.tick()


def run_worker(opened: OpenService, died: Died) -> WorkerHost:
    """What runs it in this process."""
    return WorkerHost(opened, CasesWorker, died=died)
