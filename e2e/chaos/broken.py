"""What a run needs of whatever it breaks: ledgers to read, somebody to call, and whether all is ready."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from e2e.chaos.evidence import Loss
from e2e.chaos.gate import Gate
from e2e.chaos.recovery import Recovering
from e2e.city.platform import City
from libs.runtime.host.opened import OpenService


class Broken(Recovering, Protocol):
    """The five services, wherever they run. `Ground` says what each part means."""

    @property
    def services(self) -> Mapping[str, OpenService]:
        """The ledgers as the harness reads them."""

    @property
    def gate(self) -> Gate:
        """Where the load waits between stories."""

    @property
    def silent(self) -> list[str]:
        """What a fault waited in vain to be told of."""

    @property
    def losses(self) -> Sequence[Loss]:
        """What was lost by nature."""

    def person(self, name: str) -> City:
        """The services in the name of somebody who may do everything."""
