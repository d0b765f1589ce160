"""What `migrate` and `migrate --dry-run` do and say."""

import pytest

from libs.ledger.errors import MigrationRefused, SchemaUnknown
from libs.ledger.store import leader_lock
from libs.ledger.store.migrate import Step
from libs.ledger.tests.test_rebuild import schemas
from libs.ledger.views import view_tables
from libs.messaging.schema import STEPS, check_schema, migrate
from libs.runtime.host.operate_schema import make_schema, show_schema
from libs.runtime.tests.example import counter
from libs.runtime.tests.example.counter import Alarms
from libs.runtime.tests.running import MASTER_KEY


def test_a_dry_run_lists_the_steps_and_takes_none(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"LINLI_DATABASE_URL": database, "LINLI_MASTER_KEY": MASTER_KEY}
    migrate(database, "counter", steps=STEPS[:-1])
    last = STEPS[-1]

    for _ in range(2):
        assert show_schema(counter.SERVICE, environ) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"counter: would take {last}",
            f"counter: would register the types of events {', '.join(sorted(counter.EVENTS.registration()))}",
        ]
    with pytest.raises(SchemaUnknown):
        check_schema(database, "counter")


def test_after_the_steps_are_taken_a_dry_run_has_nothing_to_do(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"LINLI_DATABASE_URL": database, "LINLI_MASTER_KEY": MASTER_KEY}

    assert make_schema(counter.SERVICE, environ) == 0
    assert capsys.readouterr().out == f"counter: made {', '.join(step.name for step in STEPS)}\n"
    assert make_schema(counter.SERVICE, environ, contract=True) == 0
    assert show_schema(counter.SERVICE, environ, contract=True) == 0
    assert capsys.readouterr().out == "counter: nothing to do\n" * 2


def test_a_release_takes_nothing_away_from_a_newer_one(database: str) -> None:
    environ = {"LINLI_DATABASE_URL": database, "LINLI_MASTER_KEY": MASTER_KEY}
    of_the_newer = Older().schema
    newer = Step(99, "of the future", lambda cursor, _: cursor.execute("CREATE TABLE future ()"))
    migrate(database, "counter", [Older()], steps=[*STEPS, newer])

    for do in (make_schema, show_schema):
        with pytest.raises(MigrationRefused, match="has step 99, of the future, of a newer release"):
            do(counter.SERVICE, environ, contract=True)

    assert of_the_newer in schemas(database)
    assert make_schema(counter.SERVICE, environ) == 0


class Older(Alarms):
    """The view as another release has it."""

    version = Alarms.version + 1


def test_views_that_no_release_uses_any_more_are_named_and_dropped_by_contracting(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"LINLI_DATABASE_URL": database, "LINLI_MASTER_KEY": MASTER_KEY}
    left = Older().schema
    migrate(database, "counter", [Older()])

    assert make_schema(counter.SERVICE, environ) == 0
    assert show_schema(counter.SERVICE, environ) == 0
    assert show_schema(counter.SERVICE, environ, contract=True) == 0
    told = f"{left}, a view that this release does not use: dropped by `migrate --contract`"
    assert capsys.readouterr().out.splitlines() == [
        "counter: nothing to do",
        f"counter: left {told}",
        f"counter: would leave {told}",
        f"counter: would drop {left}",
    ]

    with leader_lock.connect(database, "projector") as other:
        assert leader_lock.try_lock(other, view_tables.lock_of(left))
        assert make_schema(counter.SERVICE, environ, contract=True) == 1
        assert f"left {left}: a projector of another release follows it" in capsys.readouterr().out

    assert make_schema(counter.SERVICE, environ, contract=True) == 0
    assert f"dropped {left}" in capsys.readouterr().out
    assert make_schema(counter.SERVICE, environ, contract=True) == 0
    assert capsys.readouterr().out == "counter: nothing to do\n"
