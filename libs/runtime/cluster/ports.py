"""Where each process of a cluster listens: the same ports for as long as the cluster lives."""

from collections.abc import Iterable

from libs.runtime.bundled.ports import free_ports, refuse_taken

SPREAD = 10
"""Ports that each service has for itself, from the base on: gRPC, then HTTP of each process."""
_KINDS = ("grpc", "server", "worker")


class Ports:
    """The ports of services, by kind; a restarted process is found where it was."""

    def __init__(self, base: int = 0) -> None:
        """`base`: service by service ten ports from there on, 0: any free ones."""
        self._base = base
        self._ports: dict[tuple[str, str], int] = {}

    def take(self, services: Iterable[str]) -> None:
        """Choose those of all services. Raises `CannotStart` where one is taken."""
        if not self._base:
            wanted = [(name, kind) for name in services for kind in _KINDS]
            self._ports = dict(zip(wanted, free_ports(len(wanted)), strict=True))
            return
        for row, name in enumerate(services):
            for column, kind in enumerate(_KINDS):
                port = self._base + row * SPREAD + column
                refuse_taken(port, "Choose others with --port-base")
                self._ports[name, kind] = port

    def address(self, service: str, kind: str) -> str:
        """Where a service listens (host:port); any free port for what has none yet."""
        if (service, kind) not in self._ports:
            [self._ports[service, kind]] = free_ports(1)
        return f"127.0.0.1:{self._ports[service, kind]}"
