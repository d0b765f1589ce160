"""A process that is not ready says what it waits for, in words that an operator can act on."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from libs.runtime.host.opened import open_service
from libs.runtime.host.readiness import checks_of
from libs.runtime.tests.example import tally
from libs.runtime.tests.running import database_of, settings_for
from libs.testkit.postgres import TestServer

pytestmark = pytest.mark.store


def test_a_database_that_is_gone_is_named(postgres_server: TestServer) -> None:
    dsn = database_of(postgres_server, tally.SERVICE)
    service = open_service(tally.SERVICE, settings_for(dsn), {}, listen=False)
    check = checks_of([service], views=False)["tally.ledger"]
    before = check()

    postgres_server.drop(dsn)
    after = check()
    service.close()
    closed = check()

    database = f"the PostgreSQL database {conninfo_to_dict(dsn)['dbname']}"
    assert before == ""
    assert after.startswith(database)
    assert "does not answer" in after
    assert closed.startswith(database)
    assert "PoolClosed" not in closed


def test_its_password_is_not_told(postgres_server: TestServer) -> None:
    dsn = database_of(postgres_server, tally.SERVICE)
    with_password = psycopg.conninfo.make_conninfo(dsn, password="opensesame")
    service = open_service(tally.SERVICE, settings_for(with_password), {}, listen=False)

    service.close()

    assert "opensesame" not in checks_of([service], views=False)["tally.ledger"]()
    postgres_server.drop(dsn)
