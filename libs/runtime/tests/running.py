"""Services opened and run in a test's own process, over the session's PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from libs.ledger.privacy.master_key import MasterKey
from libs.messaging.schema import migrate
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.parts import Service
from libs.testkit.postgres import TestServer

MASTER_KEY = MasterKey.generate().text()


def settings_for(dsn: str, master_key: str = MASTER_KEY) -> Settings:
    """Settings on free ports, with a master key of this test run unless another one is given."""
    return Settings(
        database_url=Secret(dsn),
        master_key=Secret(master_key),
        cell="test",
        grpc_address="127.0.0.1:0",
        http_address="127.0.0.1:0",
    )


def database_of(server: TestServer, service: Service) -> str:
    """A fresh database with the service's schema."""

    def build(dsn: str) -> None:
        migrate(dsn, service.name, service.views, events=service.events)

    return server.copy_of(f"example-{service.name}", build)


@contextmanager
def opened(server: TestServer, services: Sequence[Service]) -> Iterator[list[OpenService]]:
    """The services, each over a fresh database."""
    running = [open_service(service, settings_for(database_of(server, service)), {}) for service in services]
    try:
        yield running
    finally:
        for service in running:
            service.close()
            server.drop(service.settings.database_url.reveal())
