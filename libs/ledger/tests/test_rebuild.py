"""A view is rebuilt beside the live one, which is asked and kept up meanwhile."""

from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Ledger
from libs.ledger.tests.lending import Bought, Lent, Lost, Readers, Shelf, lending, record, record_history
from libs.ledger.tests.test_projector import lent_out, positions, projecting, rows
from libs.ledger.views import rebuild as rebuilding
from libs.ledger.views.projector import Projector
from libs.ledger.views.rebuild import Progress, RebuildRefused, differences, rebuild
from libs.ledger.views.view import Rows, View, Views
from libs.testkit.eventually import eventually
from libs.testkit.views import assert_rebuilt_equals_live


def follow(ledger: Ledger, *views: View) -> None:
    """Bring the views to the head of the ledger."""
    with projecting(Views(ledger, views)) as projector:
        eventually(lambda: projector.status().ready)
        eventually(lambda: set(positions(ledger.settings.dsn).values()) == {ledger.head()})


def schemas(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'view%' ORDER BY 1")
        return [row[0] for row in found]


def test_a_rebuilt_view_equals_the_live_one_row_for_row(database: str) -> None:
    books, loans = f"{Shelf().schema}.books", f"{Readers().schema}.loans"
    with lending(database) as ledger:
        record_history(ledger, 60)
        follow(ledger, Shelf(), Readers())
        before = rows(database, books), rows(database, loans)

        assert_rebuilt_equals_live(ledger, [Shelf(), Readers()])
        for view in (Shelf(), Readers()):
            rebuild(ledger, view)

        assert (rows(database, books), rows(database, loans)) == before
        assert positions(database) == {"shelf": ledger.head(), "readers": ledger.head()}
        assert schemas(database) == [Readers().schema, Shelf().schema]


def test_a_rebuild_has_the_indexes_of_the_live_view(database: str) -> None:
    def indexes() -> list[tuple[Any, ...]]:
        with psycopg.connect(database) as connection:
            without_name = "regexp_replace(indexdef, 'INDEX [a-z_]+', '')"
            found = f"SELECT {without_name} FROM pg_indexes WHERE schemaname = '{Shelf().schema}' ORDER BY 1"
            return connection.execute(found).fetchall()

    with lending(database, [Shelf()]) as ledger:
        before = indexes()

        rebuild(ledger, Shelf())

        assert indexes() == before
        assert len(before) == 3


def test_a_damaged_row_is_named(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        follow(ledger, Shelf())
        with psycopg.connect(database) as connection:
            connection.execute(f"UPDATE {Shelf().schema}.books SET times_lent = 77 WHERE book_id = 'b3'")
            connection.execute(f"DELETE FROM {Shelf().schema}.books WHERE book_id = 'b4'")

        found = differences(ledger, Shelf())

        assert [line.partition(":")[0] for line in found] == [
            "shelf.books ['b3'], only in the live view",
            "shelf.books ['b3'], only in the rebuilt",
            "shelf.books ['b4'], only in the rebuilt",
        ]
        rebuild(ledger, Shelf())
        assert differences(ledger, Shelf()) == []


def test_the_live_view_is_kept_up_and_asked_during_a_rebuild(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_BATCH", 50)
    with lending(database) as ledger:
        views = Views(ledger, [Shelf(), Readers()])
        record_history(ledger, 300)
        done = Event()

        def write_and_ask() -> None:
            number = 1000
            while not done.is_set():
                position = record(
                    ledger, f"c{number}", Bought(title="C", price=1), Lent(reader="ann", days=1)
                )
                assert f"c{number}" in lent_out(views, position)
                number += 1

        with projecting(views) as projector:
            eventually(lambda: projector.status().ready)
            client = Thread(target=write_and_ask)
            client.start()
            try:
                for view in (Shelf(), Readers()) * 3:
                    rebuild(ledger, view)
                    assert_rebuilt_equals_live(ledger, [view])
            finally:
                done.set()
                client.join()
            last = record(ledger, "b0", Lost())
            assert "b0" not in lent_out(views, last)
            assert projector.status().ready
            assert_rebuilt_equals_live(ledger, views)


def test_a_crashed_rebuild_leaves_nothing_that_hurts(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(BaseException):
        pass

    class Crashing(Shelf):
        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            if recorded.position > 60:
                raise Crash
            super().fold(recorded, rows)

    monkeypatch.setattr(rebuilding, "_BATCH", 50)
    with lending(database) as ledger:
        record_history(ledger, 30)
        follow(ledger, Shelf())
        before = rows(database, f"{Shelf().schema}.books")
        with psycopg.connect(database) as connection:  # what a killed one leaves behind
            connection.execute(f"CREATE SCHEMA {Shelf().schema}__new")
            connection.execute(f"CREATE TABLE {Shelf().schema}__new.books AS SELECT 1 AS half")

        with pytest.raises(Crash):
            rebuild(ledger, Crashing())
        assert rows(database, f"{Shelf().schema}.books") == before

        rebuild(ledger, Shelf())
        assert rows(database, f"{Shelf().schema}.books") == before
        assert schemas(database) == [Shelf().schema]


def test_a_rebuild_waits_for_a_reader_and_the_reader_sees_one_state(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        record_history(ledger, 10)
        follow(ledger, Shelf())
        with views.read("shelf") as cursor:
            worker = Thread(target=rebuild, args=(ledger, Shelf()))
            worker.start()
            eventually(lambda: f"{Shelf().schema}__new" in schemas(database))
            first = cursor.execute("SELECT * FROM books ORDER BY 1").fetchall()

            assert cursor.execute("SELECT * FROM books ORDER BY 1").fetchall() == first
        worker.join()

        assert schemas(database) == [Shelf().schema]
        with views.read("shelf") as cursor:
            assert cursor.execute("SELECT * FROM books ORDER BY 1").fetchall() == first


def test_two_rebuilds_of_a_view_are_not_done_at_once(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)

        def again(_: Progress) -> None:
            with pytest.raises(RebuildRefused, match="by somebody else"):
                rebuild(ledger, Shelf())

        rebuild(ledger, Shelf(), again)


def test_a_rebuild_may_follow_the_last_one_at_once(database: str) -> None:
    with lending(database) as ledger:
        for _ in range(20):
            rebuild(ledger, Shelf())


def test_progress_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "_BATCH", 10)
    with lending(database) as ledger:
        head = record_history(ledger, 10)
        told: list[Progress] = []

        done = rebuild(ledger, Shelf(), told.append)

        assert [progress.position for progress in told][:2] == [10, 20]
        assert (done.position, done.head, done.events) == (head, head, len(ledger.read()))
        assert str(done).startswith(f"shelf: position {head} of {head}, {done.events} events, ")


def test_a_stopped_view_is_mended_by_a_rebuild(database: str) -> None:
    class Blind(Shelf):
        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            assert not isinstance(recorded.event, Lost)
            super().fold(recorded, rows)

    with lending(database) as ledger:
        record_history(ledger, 12)
        projector = Projector(Views(ledger, [Blind()]))
        projector.start()
        eventually(lambda: projector.status().stopped_views)
        projector.close()

        rebuild(ledger, Shelf())

        assert positions(database) == {"shelf": ledger.head()}
        assert differences(ledger, Shelf()) == []
