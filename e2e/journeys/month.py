"""Songlin on a platform in the test's own process, where days pass at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp

from e2e.city.platform import Platform
from e2e.journeys.cities import free_port
from e2e.journeys.town import Town, stamp, town_on
from libs.ledger.recorded import utc_now
from libs.runtime.bundled.place import Place
from libs.runtime.cluster.embedded import EmbeddedPlatform
from libs.runtime.host.host import Host
from libs.testkit import patience
from libs.testkit.days import Days, simulated_days
from libs.testkit.eventually import eventually
from services.command.registry import NAMES, load


@dataclass(slots=True)
class Month:
    """The town, and its time: `day` counts from the beginning."""

    town: Town
    host: Host
    _days: Days
    day: float = 0.0

    def goes_on_until(self, day: float) -> None:
        """Time passes, and everything that falls due in it is recorded."""
        self._days.pass_by(day - self.day)
        self.day = day
        eventually(lambda: not self._due(), f"all moments up to day {day} are recorded", seconds=30)

    def _due(self) -> list[str]:
        """What is due by all that is recorded: a view that lags would not know of it yet."""
        self._fold_all()
        return [
            f"{service.name}: {moment.command}"
            for service in self.host.services
            for clock in service.service.clocks
            for moment in clock.due(service.views, utc_now(), 10)
        ]

    def _fold_all(self) -> None:
        for service in self.host.services:
            head = service.ledger.revision(service.ledger.known_head)
            for view in service.views:
                with service.views.read(view.name, head, patience.seconds(10)):
                    pass

    def in_days(self, days: float) -> Timestamp:
        """A moment from now, as this month counts."""
        return stamp(utc_now() + timedelta(days=days))

    def revision(self, name: str) -> str:
        """Everything that a service has recorded so far."""
        [ledger] = [service.ledger for service in self.host.services if service.name == name]
        return str(ledger.revision(ledger.known_head))


@contextmanager
def month_in(folder: Path) -> Iterator[Month]:
    """The first moment of a month in Songlin."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    place = Place(data=folder / "data", grpc_port=free_port(), http_port=free_port(), cell="demo")
    embedded = EmbeddedPlatform(place, [load(name) for name in NAMES], {})
    with simulated_days() as days:
        try:
            embedded.start()
            assert embedded.host is not None
            with town_on(Platform(place.data, place.grpc_port, place.http_port)) as town:
                yield Month(town, embedded.host, days)
        finally:
            embedded.close()
