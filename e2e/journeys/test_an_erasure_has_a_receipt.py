"""A person is erased while one service is down: the receipt is complete when that service has caught up."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from e2e.journeys.ledgers import all_services
from libs.ledger.noted import Note
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.store.ledger import Ledger
from libs.messaging.schema import migrate
from libs.rpc.client import connect
from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.host import Host, Roles
from libs.runtime.host.opened import OpenService, open_service
from libs.testkit.component import MASTER_KEY
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint, published_keys
from services.cases.domain.noted import RESIDENT, ResidentFact, ResidentNoted
from services.command.registry import NAMES

KEY = SigningKey.generate()
IDENTITY = pb.DESCRIPTOR.services_by_name["IdentityService"]
DOWN = "cases"
request_id = Ids("receipt")


@dataclass(frozen=True, slots=True)
class Databases:
    """A database for each service; they outlive the processes."""

    dsns: Mapping[str, str]
    keys: Path

    @contextmanager
    def running(self, names: Collection[str]) -> Iterator[tuple[Host, Mapping[str, OpenService]]]:
        """Some of the services, in one process that delivers their events to each other."""
        environ = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
        with ExitStack() as stack:
            opened = {
                service.name: open_service(service, self._settings(service.name), environ)
                for service in all_services()
                if service.name in names
            }
            host = Host([*opened.values()], Roles(deliver=True, clocks=True))
            stack.callback(host.close)
            host.start()
            yield host, opened

    def _settings(self, name: str) -> Settings:
        return Settings(
            database_url=Secret(self.dsns[name]),
            master_key=Secret(MASTER_KEY),
            cell="test",
            grpc_address="127.0.0.1:0",
            http_address="127.0.0.1:0",
            keys_url=self.keys.as_uri(),
            keys_stale_after=timedelta(days=1),
        )


@pytest.fixture
def databases(postgres_server: TestServer, tmp_path: Path) -> Iterator[Databases]:
    keys = tmp_path / "keys.json"
    keys.write_text(published_keys(KEY), encoding="utf-8")
    dsns = {}
    for service in all_services():
        dsn = postgres_server.create()
        migrate(dsn, service.name, service.views, events=service.events)
        dsns[service.name] = dsn
    yield Databases(dsns, keys)
    for dsn in dsns.values():
        postgres_server.drop(dsn)


def forgotten(host: Host, code: str) -> tuple[set[str], bool]:
    """Which services have forgotten the person who has this code, and whether these are all."""
    with connect(f"127.0.0.1:{host.grpc_port}") as client:
        asked = pb.GetMyErasureReceiptRequest(receipt_code=code)
        receipt = client.service(IDENTITY).get_my_erasure_receipt(asked).receipt
    return {each.service for each in receipt.services if each.HasField("forgotten_time")}, receipt.complete


def erased(host: Host) -> tuple[str, str]:
    """Somebody who was registered and erased: their id, and the code of the receipt."""
    with connect(f"127.0.0.1:{host.grpc_port}", Mint(KEY).person("OPERATOR")) as operator:
        stub = operator.service(IDENTITY)
        stub.define_area(
            pb.DefineAreaRequest(
                request_id=request_id(),
                area_id="willow",
                level=types.AREA_LEVEL_COMMUNITY,
                name=LocalizedText(en="Willow"),
            )
        )
        key = types.NaturalKey(kind=types.KEY_KIND_PHONE, value="+8613800138000")
        registering = pb.RegisterResidentRequest(
            request_id=request_id(), natural_key=key, name="Mei Lan", area_id="willow"
        )
        subject_id = stub.register_resident(registering).resident_id
    with connect(f"127.0.0.1:{host.grpc_port}", Mint(KEY).person("DATA_PROTECTION_OFFICER")) as officer:
        erasing = pb.EraseSubjectRequest(request_id=request_id(), subject_id=subject_id, reason="asked for")
        return subject_id, officer.service(IDENTITY).erase_subject(erasing).receipt_code


def keeps_key(ledger: Ledger, subject_id: str) -> bool:
    with ledger.connection() as connection:
        asked = "SELECT wrapped FROM subject_keys WHERE subject = %s"
        row = connection.execute(asked, [subject_id]).fetchone()
    return row is not None and row["wrapped"] is not None


@pytest.mark.capability("002.5")
def test_the_receipt_waits_for_a_service_that_was_down(databases: Databases) -> None:
    others = {*NAMES} - {DOWN}
    with databases.running(others) as (host, _):
        subject_id, code = erased(host)
        eventually(lambda: forgotten(host, code) == (others, False), "all that run have forgotten them")

    with databases.running({DOWN}) as (_, alone):
        residents, told = alone[DOWN].streams.of(RESIDENT), Personal(subject_id, "what she once told")
        noting: Note[ResidentFact] = Note(ResidentNoted(resident_id=subject_id))
        residents.handle(subject_id, noting, Context(actor=subject_id, said=told))
        assert keeps_key(alone[DOWN].ledger, subject_id)

    with databases.running(NAMES) as (host, opened):
        eventually(lambda: forgotten(host, code) == ({*NAMES}, True), "the last one has, too")
        assert not keeps_key(opened[DOWN].ledger, subject_id)
