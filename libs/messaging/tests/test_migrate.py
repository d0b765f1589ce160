"""A database is brought to the schema of this release, or refused with a word on what to do."""

import socket
from collections.abc import Callable
from threading import Thread

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from libs.ledger.errors import SchemaUnknown
from libs.ledger.store.migrate import Step
from libs.ledger.store.tables import FUNCTIONS
from libs.ledger.tests.lending import Readers, Shelf, lending, record_history
from libs.ledger.tests.test_rebuild import schemas
from libs.ledger.views.view import ViewBehind, Views
from libs.messaging.schema import STEPS, check_schema, migrate


def test_an_empty_database_is_refused_until_it_is_migrated(database: str) -> None:
    every = [step.name for step in STEPS]
    with pytest.raises(SchemaUnknown, match=f"lacks {', '.join(every)}: run `linli lending migrate`"):
        check_schema(database, "lending")

    assert migrate(database, "lending", [Shelf()]) == every

    check_schema(database, "lending")


def test_migrating_again_changes_nothing(database: str) -> None:
    migrate(database, "lending", [Shelf()])

    assert migrate(database, "lending", [Shelf()]) == []


def test_an_older_schema_is_upgraded_step_by_step(database: str) -> None:
    migrate(database, "lending", steps=STEPS[:2])
    with pytest.raises(SchemaUnknown, match="lacks parked events"):
        check_schema(database, "lending")

    assert migrate(database, "lending") == [step.name for step in STEPS[2:]]


def test_the_functions_are_replaced_while_the_ledger_is_in_use(database: str) -> None:
    migrate(database, "lending", steps=STEPS[:9])
    impatient = make_conninfo(database, options="-c lock_timeout=100")

    with psycopg.connect(database) as reader:
        reader.execute("SELECT FROM stored_events")

        assert migrate(impatient, "lending", steps=STEPS[:10]) == ["appends in fewer statements"]


def test_what_runs_as_the_owner_is_nobodys_else_before_a_role_is_named(database: str) -> None:
    migrate(database, "lending")

    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT proname, has_function_privilege('linli', oid, 'EXECUTE'),"
            " has_function_privilege('pg_monitor', oid, 'EXECUTE')"
            " FROM pg_proc WHERE proname = ANY(%s) ORDER BY proname",
            [[*FUNCTIONS]],
        ).fetchall()

    assert found == [(name, True, False) for name in sorted(FUNCTIONS)]


def test_what_runs_as_the_owner_has_a_search_path_of_its_own(database: str) -> None:
    migrate(database, "lending")

    with psycopg.connect(database) as connection:
        (paths,) = connection.execute(
            "SELECT array_agg(DISTINCT proconfig) FROM pg_proc"
            " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        ).fetchone() or ((),)

    assert paths == [["search_path=pg_catalog, pg_temp"]]


def _future(needs: int = 0) -> Step:
    make = "CREATE TABLE future (id bigint)"
    return Step(99, "of the future", lambda cursor, _: cursor.execute(make), needs, contract=needs > 0)


def test_a_newer_schema_that_lets_this_release_run_is_taken_as_it_is(database: str) -> None:
    migrate(database, "lending", steps=[*STEPS, _future()])

    assert migrate(database, "lending") == []
    check_schema(database, "lending")


def test_a_newer_schema_that_needs_a_newer_release_is_refused(database: str) -> None:
    migrate(database, "lending", steps=[*STEPS, _future(needs=98)], contract=True)

    for ask in (check_schema, migrate):
        with pytest.raises(
            SchemaUnknown, match="has step 99, of the future: only releases that know step 98"
        ):
            ask(database, "lending")


def test_an_older_migrate_gives_no_rights_that_a_newer_one_withheld(database: str) -> None:
    name = conninfo_to_dict(database)["dbname"]
    role = f"clerk_{name}"
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role}")
        try:
            migrate(database, "lending", steps=[*STEPS, _future()], role=role)
            for right in ("INSERT", "UPDATE", "DELETE"):
                granted = owner.execute("SELECT has_table_privilege(%s, 'event_types', %s)", [role, right])
                assert granted.fetchone() == (False,)
            owner.execute(f"REVOKE UPDATE ON future FROM {role}")

            migrate(database, "lending", role=role)

            may = owner.execute("SELECT has_table_privilege(%s, 'future', 'UPDATE')", [role]).fetchone()
            assert may == (False,)
        finally:
            owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_failed_step_is_undone_and_tried_again(database: str) -> None:
    broken = [
        *STEPS,
        Step(99, "broken", lambda cursor, _: cursor.execute("CREATE TABLE half (); SELECT 1/0")),
    ]
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database, "lending", steps=broken)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)

    mended = [*STEPS, Step(99, "broken", lambda cursor, _: cursor.execute("CREATE TABLE half ()"))]
    assert migrate(database, "lending", steps=mended) == ["broken"]


def test_the_database_of_another_service_is_refused(database: str) -> None:
    migrate(database, "lending")

    for ask in (check_schema, migrate):
        with pytest.raises(SchemaUnknown, match="this is the database of lending, not of reading"):
            ask(database, "reading")


def test_several_may_migrate_at_once(database: str) -> None:
    taken: list[list[str]] = []
    threads = [
        Thread(target=lambda: taken.append(migrate(database, "lending", [Shelf(), Readers()])))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(len, taken)) == [0, 0, 0, len(STEPS)]


def test_new_views_of_an_empty_ledger_may_be_asked_at_once(database: str) -> None:
    with lending(database, [Shelf()]) as ledger, Views(ledger, [Shelf()]).read("shelf", timeout=0) as cursor:
        assert Shelf().lent_out(cursor) == []


def test_new_views_of_a_filled_ledger_must_be_built_first(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 3)
        migrate(database, "lending", [Shelf()])

        assert schemas(database) == [Shelf().schema]
        with pytest.raises(ViewBehind), Views(ledger, [Shelf()]).read("shelf", timeout=0):
            pass


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("ask", [check_schema, migrate])
def test_a_database_that_takes_the_connection_and_says_nothing_is_given_up(
    ask: Callable[[str, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.ledger.store.migrate._CONNECT_SECONDS", 2)  # libpq waits no shorter

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            ask(f"postgresql://linli@127.0.0.1:{port}/lending", "lending")
