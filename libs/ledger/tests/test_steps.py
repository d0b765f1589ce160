"""Two releases that follow each other run on one database: the schema is expanded first, contracted later."""

import logging
import re
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from libs.ledger.errors import MigrationRefused, ReleaseTooOld, SchemaUnknown
from libs.ledger.recorded import Checkpoint
from libs.ledger.store import at_work, migrate
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.migrate import Step, check_steps, look_at_steps, take_steps
from libs.ledger.store.tables import create_tables
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import MASTER_KEY
from libs.testkit.eventually import eventually


def sql(number: int, name: str, statement: str, *, needs: int = 0, contract: bool = False) -> Step:
    return Step(number, name, lambda cursor, _: cursor.execute(statement), needs, contract)


BEFORE = [
    sql(1, "notes", "CREATE TABLE notes (id bigint, text text)"),
    sql(2, "authors", "CREATE TABLE authors (id bigint)"),
]
AFTER = [
    *BEFORE,
    sql(3, "texts by language", "ALTER TABLE notes ADD COLUMN texts jsonb"),
    sql(4, "text in one language", "ALTER TABLE notes DROP COLUMN text", needs=3, contract=True),
]
LATER = [*AFTER, sql(5, "readers", "CREATE TABLE readers (id bigint)")]


def columns(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [column.name for column in connection.execute("SELECT * FROM notes LIMIT 0").description or ()]


# -- side by side


def test_the_release_before_runs_on_an_expanded_database(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    take_steps(database, "post", BEFORE)

    assert take_steps(database, "post", AFTER) == ["texts by language"]

    check_steps(database, "post", AFTER)
    with caplog.at_level(logging.INFO):
        check_steps(database, "post", BEFORE)
    (said,) = caplog.messages
    assert said == (
        "the database of post is a newer release's (step 3, texts by language), which lets this one run"
    )
    assert columns(database) == ["id", "text", "texts"]


def test_a_new_release_waits_for_the_expansion(database: str) -> None:
    take_steps(database, "post", BEFORE)

    with pytest.raises(SchemaUnknown, match="lacks texts by language: run `linli post migrate`"):
        check_steps(database, "post", AFTER)


def test_the_release_before_is_refused_on_a_contracted_database_with_the_ways_out(database: str) -> None:
    take_steps(database, "post", AFTER)

    assert take_steps(database, "post", AFTER, contract=True) == ["text in one language"]

    check_steps(database, "post", AFTER)
    told = (
        "the database of post has step 4, text in one language: only releases that know step 3 can run with"
        " it, and this one knows steps up to 2. Run a release as new as the one that took the step, or"
        " restore a backup from before it"
    )
    for refused in (check_steps, take_steps, look_at_steps):
        with pytest.raises(SchemaUnknown, match=f"^{re.escape(told)}$"):
            refused(database, "post", BEFORE)
    assert columns(database) == ["id", "texts"]


def test_a_release_runs_and_expands_without_the_contraction_of_the_one_before(database: str) -> None:
    take_steps(database, "post", AFTER)

    assert take_steps(database, "post", LATER) == ["readers"]

    for release in (BEFORE, AFTER, LATER):
        check_steps(database, "post", release)
    assert take_steps(database, "post", LATER, contract=True) == ["text in one language"]
    with pytest.raises(SchemaUnknown, match="has step 4"):
        check_steps(database, "post", BEFORE)


def test_going_back_and_forth_changes_nothing_that_a_release_needs(database: str) -> None:
    take_steps(database, "post", AFTER)

    for release in (BEFORE, AFTER, BEFORE, AFTER):
        assert take_steps(database, "post", release) == []
        check_steps(database, "post", release)


def test_a_look_tells_what_would_be_done_and_does_nothing(database: str) -> None:
    for _ in range(2):
        found = look_at_steps(database, "post", LATER)
        assert [step.name for step in found.missing(contract=False)] == [
            "notes",
            "authors",
            "texts by language",
            "readers",
        ]
        assert found.missing(contract=True) == tuple(LATER)
    assert str(LATER[2]) == "step 3, texts by language: expanding, the release before can run with it"
    assert str(LATER[3]) == (
        "step 4, text in one language: contracting, only by `migrate --contract`; after it only releases that"
        " know step 3 run"
    )


@pytest.mark.parametrize(
    ("needs", "contract"),
    [(0, True), (6, True), (5, False)],
    ids=["contracts for nobody", "needs what comes later", "shuts out the release before"],
)
def test_a_step_that_breaks_the_rules_is_none(needs: int, contract: bool) -> None:
    with pytest.raises(ValueError, match="step 5"):
        sql(5, "hasty", "SELECT 1", needs=needs, contract=contract)


# -- while work goes on


def test_nothing_is_contracted_under_a_process_that_needs_it(database: str) -> None:
    create_tables(database)
    take_steps(database, "post", LATER)
    settings = LedgerSettings(dsn=database, service="post", knows=2)

    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as old:
        assert old.trouble(5.0) == ""
        with pytest.raises(MigrationRefused, match="release knows steps up to 2, and must know step 3; stop"):
            take_steps(database, "post", LATER, contract=True)
        assert "text" in columns(database)

    eventually(lambda: not _at_work(database), "its connection is gone")
    assert take_steps(database, "post", LATER, contract=True) == ["text in one language"]


def test_a_process_that_comes_back_to_a_contracted_database_says_that_it_must_be_replaced(
    database: str,
) -> None:
    create_tables(database)
    take_steps(database, "post", LATER)
    settings = LedgerSettings(dsn=database, service="post", knows=2)

    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as old:  # its committer connects later
        take_steps(database, "post", LATER, contract=True)

        assert old.trouble(5.0) == (
            "the database has step 4, text in one language, since this process started: only releases that"
            " know step 3 can run with it; replace this process"
        )
        with pytest.raises(ReleaseTooOld):
            old.append(Append(checkpoint=Checkpoint("linli://test/other", 1)))


def test_a_process_that_comes_during_a_contraction_waits_for_its_end(database: str) -> None:
    create_tables(database)
    take_steps(database, "post", AFTER)
    settings = LedgerSettings(dsn=database, service="post", knows=2)

    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as old, psycopg.connect(database) as migrating:
        at_work.hold_up(migrating)
        old.trouble(0.1)
        assert at_work.older_than(migrating, 3) == []
        migrating.commit()

        eventually(lambda: at_work.older_than(migrating, 3) == [2], "it has come")


def _at_work(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'"
        return connection.execute(held).fetchone() is not None


def test_processes_of_a_release_that_knows_enough_do_not_hold_up_a_contraction(database: str) -> None:
    create_tables(database)
    take_steps(database, "post", LATER)
    settings = LedgerSettings(dsn=database, service="post", knows=5)

    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as new:
        assert new.trouble(5.0) == ""
        assert take_steps(database, "post", LATER, contract=True) == ["text in one language"]


def test_a_step_waits_for_a_table_in_use_and_holds_up_nobody_else(database: str) -> None:
    take_steps(database, "post", BEFORE)
    taken: list[str] = []
    migrating = Thread(target=lambda: taken.extend(take_steps(database, "post", AFTER)))

    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM notes")
        migrating.start()
        eventually(lambda: _waits(database), "it waits for the table")
        with psycopg.connect(database, options="-c statement_timeout=10s") as another:
            another.execute("SELECT * FROM notes")
        assert taken == []
    migrating.join()

    assert taken == ["texts by language"]


def _waits(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        return connection.execute(waiting).fetchone() is not None


def test_a_table_that_is_always_in_use_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_TRIES", 1)
    take_steps(database, "post", BEFORE)

    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM notes")
        with pytest.raises(MigrationRefused, match="step 3, texts by language, found its tables in use"):
            take_steps(database, "post", AFTER)

    with pytest.raises(SchemaUnknown, match="lacks texts by language"):
        check_steps(database, "post", AFTER)


def test_of_two_that_migrate_at_once_one_does_the_work(database: str) -> None:
    began, go_on, taken = Event(), Event(), list[list[str]]()

    def slow(cursor: psycopg.Cursor[Any], _dsn: str) -> None:
        began.set()
        assert go_on.wait(20)
        cursor.execute("CREATE TABLE slow (id bigint)")

    steps = [*BEFORE, Step(3, "slow", slow)]
    both = [Thread(target=lambda: taken.append(take_steps(database, "post", steps))) for _ in range(2)]
    for thread in both:
        thread.start()
    assert began.wait(20)
    with psycopg.connect(database) as connection:
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        eventually(lambda: connection.execute(waiting).fetchone(), "the other waits")
    go_on.set()
    for thread in both:
        thread.join()

    assert sorted(taken) == [[], ["notes", "authors", "slow"]]


_KILLED = """
import sys
from libs.ledger.store import migrate
from libs.ledger.store.migrate import Step, take_steps

migrate._KILLED = "200ms"
def half(cursor, _):
    cursor.execute("CREATE TABLE half (id bigint)")
    print("half way", flush=True)
    cursor.execute("SELECT pg_sleep(600)")
take_steps(sys.argv[1], "post", [Step(1, "half", half)])
"""


def test_a_migration_that_is_killed_midway_leaves_nothing_behind_and_holds_up_nobody(database: str) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, database], stdout=subprocess.PIPE, cwd=root
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"half way\n"
        killed.kill()

    half = [sql(1, "half", "CREATE TABLE half (id bigint)")]
    assert take_steps(database, "post", half) == ["half"]


def test_who_waits_too_long_for_another_migration_is_told(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_PATIENCE", "50ms")
    with psycopg.connect(database) as another:
        another.execute("SELECT pg_advisory_lock(hashtextextended('linli migrate', 0))")

        with pytest.raises(MigrationRefused, match="another `linli post migrate` is still at work: wait"):
            take_steps(database, "post", BEFORE)
