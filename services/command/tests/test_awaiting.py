"""A pod waits for the schema, and says what it waits for."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import psycopg
import pytest

from libs.ledger.privacy.key_store import make_store
from libs.ledger.privacy.master_key import MasterKey
from libs.messaging.schema import migrate
from libs.runtime.host.awaited import await_schema
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.cases.wiring import SERVICE
from services.command.line import run
from services.command.service import group_of


@pytest.fixture
def database(postgres_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database, whose address is in the environment."""
    dsn = postgres_server.create()
    monkeypatch.setenv("LINLI_DATABASE_URL", dsn)
    monkeypatch.setenv("LINLI_MASTER_KEY", MasterKey.generate().text())
    yield dsn
    postgres_server.drop(dsn)


def test_a_schema_that_is_there_is_not_waited_for(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    migrate(database, "cases", SERVICE.views, events=SERVICE.events)

    assert run(["await-schema", "--within", "0"], group_of("cases")) == 0

    assert capsys.readouterr().out == "cases: the schema is there\n"


def test_it_gives_up_and_says_what_was_missing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["await-schema", "--within", "0"], group_of("cases")) == 1

    assert "cases migrate`" in capsys.readouterr().err


def test_types_of_events_that_nobody_registered_are_waited_for(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate(database, "cases", SERVICE.views)

    assert run(["await-schema", "--within", "0"], group_of("cases")) == 1

    assert "are not registered in the database of cases" in capsys.readouterr().err


def test_a_key_store_that_migrate_has_not_made_yet_is_waited_for(
    database: str,
    postgres_server: TestServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    migrate(database, "cases", SERVICE.views, events=SERVICE.events)
    keys = postgres_server.create()
    monkeypatch.setenv("LINLI_KEY_STORE", keys)

    before = run(["await-schema", "--within", "0"], group_of("cases"))
    make_store(keys)
    after = run(["await-schema", "--within", "0"], group_of("cases"))

    assert (before, after) == (1, 0)
    assert "keys of buckets" in capsys.readouterr().err
    postgres_server.drop(keys)


def test_it_goes_on_when_the_job_beside_it_has_migrated(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = Thread(target=await_schema, args=(SERVICE, os.environ, 60.0))
    waiting.start()
    migrate(database, "cases", SERVICE.views, events=SERVICE.events)
    waiting.join(60)

    assert capsys.readouterr().out.endswith("cases: the schema is there\n")


def test_a_server_that_is_not_up_yet_is_waited_for_and_no_password_is_said(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://cases:hunter2@127.0.0.1:1/cases")

    assert run(["await-schema", "--within", "0"], group_of("cases")) == 1

    said = "".join(capsys.readouterr())
    assert "127.0.0.1" in said
    assert "hunter2" not in said


def test_migrate_waits_for_a_database_that_is_made_meanwhile(
    postgres_server: TestServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = postgres_server.server.dsn("made_late")
    monkeypatch.setenv("LINLI_DATABASE_URL", dsn)
    monkeypatch.setenv("LINLI_MASTER_KEY", MasterKey.generate().text())

    assert run(["migrate"], group_of("cases")) == 1
    assert 'database "made_late" does not exist' in capsys.readouterr().err
    with ThreadPoolExecutor(1) as pool:
        migrating = pool.submit(run, ["migrate", "--within", "60"], group_of("cases"))
        eventually(lambda: "cases: waiting: " in capsys.readouterr().out, "it says what it waits for")
        with psycopg.connect(postgres_server.server.dsn(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE made_late")
        assert migrating.result() == 0
    postgres_server.drop(dsn)
