"""What a ledger refuses to start on."""

import psycopg
import pytest

from libs.ledger.datastore import Datastore
from libs.ledger.errors import SchemaUnknown, SettingsRefused
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.store.recorder import GroupCommitRecorder
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS


def test_a_database_without_the_tables_names_the_command_that_makes_them(database: str) -> None:
    with pytest.raises(SchemaUnknown, match="run `linli post migrate`"):
        Ledger.connect(LedgerSettings(dsn=database, service="post"), EVENTS, MASTER_KEY)


def test_the_librarys_functions_without_the_lock_are_refused(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")

    with pytest.raises(SettingsRefused, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, MASTER_KEY)


def test_a_ledger_whose_function_is_missing_is_not_opened(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER FUNCTION ledger_append RENAME TO elsewhere")
    try:
        with pytest.raises(SchemaUnknown, match=r"ledger_append\(\)"):
            Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, MASTER_KEY)
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("ALTER FUNCTION elsewhere RENAME TO ledger_append")


def test_what_is_acknowledged_is_on_the_disk_whatever_the_servers_default(dsn: str) -> None:
    datastore = Datastore(f"{dsn} options='-c synchronous_commit=off'", lock_timeout=5, pool_size=1)
    recorder = GroupCommitRecorder(datastore)

    row = recorder._connect().execute("SHOW synchronous_commit").fetchone()
    recorder.close()
    datastore.close()

    assert row == {"synchronous_commit": "on"}


def test_the_function_that_skips_the_lock_does_not_even_exist(dsn: str, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        found = connection.execute("SELECT 1 FROM pg_proc WHERE proname LIKE 'es_insert%'").fetchall()

    assert found == []


def test_waiting_for_the_lock_for_ever_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="lock_timeout"):
        LedgerSettings(dsn="", service="post", lock_timeout=0)


def test_every_append_takes_the_lock_with_its_timeout(dsn: str) -> None:
    datastore = Datastore(dsn, lock_timeout=5, pool_size=1)
    statements = [str(statement) for statement in GroupCommitRecorder(datastore).lock_table_statements]
    datastore.close()

    assert "lock_timeout" in statements[0]
    assert "5" in statements[0]
    assert "EXCLUSIVE MODE" in statements[1]


def test_another_master_key_than_that_of_the_database_is_refused(dsn: str, ledger: Ledger) -> None:
    with pytest.raises(SettingsRefused, match="does not open the keys"):
        Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, MasterKey.generate())


def test_every_parameter_of_the_connection_string_counts(dsn: str) -> None:
    datastore = Datastore(f"{dsn} application_name=linli-post", lock_timeout=5, pool_size=1)

    with datastore.get_connection() as connection:
        row = connection.execute("SHOW application_name").fetchone()
    datastore.close()

    assert row == {"application_name": "linli-post"}
