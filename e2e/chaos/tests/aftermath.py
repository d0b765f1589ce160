"""What a run might leave behind, for the tests of what judges it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import psycopg

from e2e.chaos.checker import check, view_positions
from e2e.chaos.evidence import Acknowledged, Loss, collect
from libs.ledger.recorded import Context
from libs.ledger.text import Text
from libs.messaging.progress import Handled
from libs.messaging.schema import migrate
from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.parts import Service
from libs.testkit.component import MASTER_KEY
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.catalog.domain.affair import AffairCommand, DecideAnonymity, DefineAffair
from services.command.registry import load

AT = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)


@dataclass(slots=True)
class Aftermath:
    """Three services after a quiet run: the catalog's affairs have been noted by cases."""

    services: dict[str, OpenService]
    told: list[Acknowledged] = field(default_factory=list)

    def findings(self, *losses: Loss) -> list[str]:
        """What the checker says."""
        return check(collect(self.services.values()), self.told, losses)

    def does(self, request_id: str, command: AffairCommand) -> None:
        """Have the catalog handle a command, and write down what its client was told."""
        context = Context(actor="client:loader", request_id=request_id, request_digest=request_id)
        stream = self.services["catalog"].streams["affair"]
        handled = stream.handle(command.affair_id, command, context)
        rpc = type(command).__name__
        self.told.append(
            Acknowledged(service="catalog", rpc=rpc, request_id=request_id, revision=handled.revision)
        )

    def settles(self) -> None:
        """Let cases hear of everything, and all views come to the end."""
        cases, catalog = self.services["cases"], self.services["catalog"]
        inbox = cases.inbox()
        assert isinstance(inbox.handle(catalog.source.batch(0)), Handled)
        for opened in self.services.values():
            opened.projector.start()
            eventually(partial(_is_at_head, opened))
            opened.projector.close()

    def tampers(self, service: str, statement: str) -> None:
        """Change something in a service's database."""
        with psycopg.connect(self.services[service].ledger.settings.dsn) as connection:
            changed = connection.execute(statement)
            assert changed.rowcount > 0


@contextmanager
def aftermath(server: TestServer) -> Iterator[Aftermath]:
    """Databases in which everything is right."""
    with ExitStack() as stack:
        names = ("identity", "catalog", "cases")
        run = Aftermath({name: _opened(stack, server, name) for name in names})
        for affair_id in ("burst-pipe", "pothole"):
            name = Text(zh="事项", en=affair_id)
            run.does(f"define-{affair_id}", DefineAffair(affair_id=affair_id, name=name, at=AT))
        for number, allowed in enumerate((True, False, True)):
            run.does(f"decide-{number}", DecideAnonymity(affair_id="burst-pipe", allowed=allowed, at=AT))
        run.settles()
        yield run


def _opened(stack: ExitStack, server: TestServer, name: str) -> OpenService:
    service = load(name)
    dsn = server.copy_of(f"checker-{name}", partial(_migrate, service))
    stack.callback(server.drop, dsn)
    settings = Settings(database_url=Secret(dsn), master_key=Secret(MASTER_KEY), cell="test")
    environ = {"LINLI_IDENTITY_SIGNING_KEY": SigningKey.generate().pem().decode()}
    opened = open_service(service, settings, environ, listen=False)
    stack.callback(opened.close)
    return opened


def _migrate(service: Service, dsn: str) -> None:
    migrate(dsn, service.name, service.views, events=service.events)


def _is_at_head(opened: OpenService) -> bool:
    return set(view_positions(opened).values()) == {opened.ledger.head()}
