"""The projector keeps views up with the ledger, whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest

from libs.ledger.recorded import Recorded
from libs.ledger.tests.lending import (
    Bought,
    GivenBack,
    Lent,
    Lost,
    Readers,
    Shelf,
    cut_projector,
    lending,
    record,
    record_history,
)
from libs.ledger.views.projection import Projection, ProjectorSettings
from libs.ledger.views.projector import Projector
from libs.ledger.views.view import Rows, Table, View, ViewBehind, Views
from libs.telemetry import metrics
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres
from libs.testkit.views import assert_rebuilt_equals_live, read_when_there


@contextmanager
def projecting(views: Views, settings: ProjectorSettings | None = None) -> Iterator[Projector]:
    projector = Projector(views, settings or ProjectorSettings(standby=0.02))
    projector.start()
    try:
        yield projector
    finally:
        projector.close()


def lent_out(views: Views, at_least: int = 0) -> list[str]:
    with read_when_there(views, "shelf", f"r{at_least}.1") as cursor:
        return Shelf().lent_out(cursor)


def lag(view: str) -> float | None:
    """How far the metrics say that a view is behind."""
    labels = {"service": "lending", "reader": f"view.{view}"}
    return metrics.REGISTRY.get_sample_value("linli_reader_lag_positions", labels)


def rows(dsn: str, table: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(f"SELECT * FROM {table} t ORDER BY t").fetchall()


def positions(dsn: str) -> dict[str, int]:
    return dict(rows(dsn, "(SELECT view, position FROM view_position)"))


def test_a_command_is_seen_by_a_query_that_asks_for_its_revision(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf(), Readers()])
        with projecting(views):
            record(ledger, "emma", Bought(title="Emma", price=7))
            position = record(ledger, "emma", Lent(reader="ann", days=3))

            assert lent_out(views, position) == ["emma"]

            position = record(ledger, "emma", GivenBack(reader="ann"))

            assert lent_out(views, position) == []
            with read_when_there(views, "readers", f"r{position}.3") as cursor:
                assert cursor.execute("SELECT * FROM totals").fetchall() == [{"reader": "ann", "loans": 1}]


def test_who_has_read_all_reads_no_more_until_something_is_recorded(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.ledger.views.projection._LOOK", 3600.0)
    reads, turns = list[int](), list[int]()
    with lending(database) as ledger, lending(database) as elsewhere:
        views = Views(ledger, [Shelf()])
        with projecting(views):
            before = record(ledger, "emma", Bought(title="Emma", price=7))
            assert lent_out(views, before) == []
            monkeypatch.setattr(ledger, "read", partial(_counted, ledger.read, reads))
            monkeypatch.setattr(Projection, "_measure_stopped", lambda _: turns.append(1))
            eventually(lambda: len(turns) > 3, "it has looked round")
            reads.clear()
            turns.clear()

            eventually(lambda: len(turns) > 3, "it goes on looking round")

            assert reads == []
            assert lent_out(views, record(elsewhere, "emma", Lent(reader="ann", days=3))) == ["emma"]


def _counted(read: Callable[..., Any], reads: list[int], **about: Any) -> Any:
    reads.append(1)
    return read(**about)


def test_a_query_waits_only_so_long(database: str) -> None:
    with lending(database, [Shelf()]) as ledger:
        views = Views(ledger, [Shelf()])
        position = record(ledger, "emma", Bought(title="Emma", price=7))

        behind = pytest.raises(ViewBehind, match=f"has got to 0, {position} was asked")
        with behind, views.read("shelf", f"r{position}.1", timeout=0.1):
            pass


def test_a_view_that_is_not_built_yet_is_behind(database: str) -> None:
    behind = pytest.raises(ViewBehind, match="is still being built")
    with lending(database) as ledger, behind, Views(ledger, [Shelf()]).read("shelf", timeout=0):
        pass


def test_rows_keep_every_kind_of_value(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        with projecting(views):
            record(ledger, "emma", Bought(title="“邻里”\0", price=7))
            position = record(ledger, "emma", Lent(reader="ann", days=3))

            with read_when_there(views, "shelf", f"r{position}.2") as cursor:
                row = cursor.execute("SELECT * FROM books").fetchone()

    assert row is not None
    assert str(row.pop("price")) == "7"
    assert row.pop("due_time").isoformat() == "2020-01-04T12:00:00+00:00"
    assert row == {
        "book_id": "emma",
        "title": "“邻里”\ufffd",
        "reader": "ann",
        "times_lent": 1,
        "wear": 0.1,
        "at_home": False,
        "readers": ["ann"],
        "notes": {"log": [0.5, 3]},
    }


def test_texts_that_cannot_be_stored_stop_nothing(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Readers()])
        for cache in (0, 100):
            with projecting(views, ProjectorSettings(cache=cache)):
                hostile = Lent(reader="\0'; DROP TABLE totals; -- \\u0000", days=1)
                position = record(ledger, "emma", Bought(title="Emma", price=7), hostile, hostile)
                with read_when_there(views, "readers", f"r{position}.1") as cursor:
                    row = cursor.execute("SELECT * FROM totals").fetchone()

    assert row == {"reader": "\ufffd'; DROP TABLE totals; -- \\u0000", "loans": 4}


@pytest.mark.parametrize("batch", [1, 3, 1000])
@pytest.mark.parametrize("cache", [0, 5, 1000])
def test_batches_and_caches_change_nothing(database: str, batch: int, cache: int) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf(), Readers()])
        head = record_history(ledger, 40)
        with projecting(views, ProjectorSettings(batch=batch, cache=cache)):
            assert len(lent_out(views, head)) == 12

        assert len(rows(database, f"{Shelf().schema}.books")) == 36
        loans = sum(isinstance(recorded.event, Lent) for recorded in ledger.read())
        assert sum(row[1] for row in rows(database, f"{Readers().schema}.totals")) == loans
        assert sum(row[2] for row in rows(database, f"{Readers().schema}.loans")) == loans
        assert positions(database) == {"shelf": head, "readers": head}


def test_a_projector_goes_on_where_another_stopped(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        with projecting(views):
            lent_out(views, record_history(ledger, 10))
        with projecting(views):
            lent_out(views, record_history(ledger, 10, start=10))
            position = record(ledger, "b3", Lost())

            assert "b3" not in lent_out(views, position)


def test_one_projector_is_active_and_another_takes_over(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        with projecting(views) as first:
            eventually(lambda: first.status().state == "active")
            with projecting(views) as second:
                eventually(lambda: second.status().state == "standing by")
                lent_out(views, record_history(ledger, 10))
                assert second.status().ready

                first.close()
                eventually(lambda: second.status().state == "active")

                position = record(ledger, "b3", Lost())
                assert "b3" not in lent_out(views, position)


def test_a_reader_of_another_process_sees_what_the_projector_wrote(database: str) -> None:
    with lending(database) as ledger, projecting(Views(ledger, [Shelf()])):
        elsewhere = Views(ledger, [Shelf()])

        position = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=1))

        assert lent_out(elsewhere, position) == ["emma"]


def test_a_projector_that_lost_its_connection_comes_back(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        with projecting(views):
            lent_out(views, record_history(ledger, 10))

            with psycopg.connect(database, autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'linli projector' AND datname = current_database()"
                )
            position = record(ledger, "b3", Lost())

            assert "b3" not in lent_out(views, position)


@pytest.mark.parametrize(
    ("error", "stops"),
    [
        (psycopg.errors.ReadOnlySqlTransaction("a standby by now"), False),
        (psycopg.errors.AdminShutdown("bye"), False),
        (psycopg.errors.NumericValueOutOfRange("too big"), True),
        (psycopg.errors.UndefinedColumn("no such column"), True),
        (ValueError("an event that it cannot take"), True),
    ],
)
def test_an_error_of_the_server_stops_no_view(error: Exception, stops: bool) -> None:
    assert Projection._is_of_an_event(error) is stops


def test_hand_overs_in_the_middle_of_things_lose_and_double_nothing(database: str) -> None:
    """The active projector's connection is cut again and again; another takes over each time."""
    views = [Shelf(), Readers()]
    settings = ProjectorSettings(batch=5, cache=20, standby=0.005)
    with (
        lending(database) as ledger,
        projecting(Views(ledger, views), settings),
        projecting(Views(ledger, views), settings),
        psycopg.connect(database, autocommit=True) as admin,
    ):
        cut, books = 0, 0
        while cut < 6:
            head = record_history(ledger, 10, start=books)
            books += 10
            cut += cut_projector(admin)
        eventually(lambda: positions(database) == {"shelf": head, "readers": head}, seconds=60)

        assert_rebuilt_equals_live(ledger, views)


def test_an_event_that_nobody_knows_is_not_passed_over(database: str) -> None:
    with lending(database) as ledger:
        good = record(ledger, "emma", Bought(title="Emma", price=7))
        with psycopg.connect(database) as connection:
            connection.execute("SELECT ledger_record('{book-x}', '{1}', '{lending.burnt.v1}', '{\"\"}')")
        with projecting(Views(ledger, [Shelf()])) as projector:
            trouble = eventually(lambda: projector.status().trouble)

            assert "lending.burnt.v1 is unknown" in trouble
            assert not projector.status().ready
            assert positions(database)["shelf"] <= good


def test_two_views_of_one_name_are_refused(database: str) -> None:
    with lending(database) as ledger, pytest.raises(ValueError, match="two views are called shelf"):
        Views(ledger, [Shelf(), Shelf()])


class Brittle(View):
    """Breaks at certain books: in its fold, or in what it writes."""

    name = "brittle"
    tables = (Table("books", {"book_id": "text", "shelf": "integer"}, key=("book_id",)),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        if recorded.subject_id == "unthinkable":
            raise RuntimeError("cannot think of it")
        shelf = 2**40 if recorded.subject_id == "unwritable" else 1
        rows.put("books", {"book_id": recorded.subject_id, "shelf": shelf})


SAID_OF = {"unthinkable": "cannot think of it", "unwritable": "out of range"}


@pytest.mark.parametrize("book", SAID_OF)
def test_a_view_that_cannot_take_an_event_stops_before_it_and_the_others_go_on(
    database: str, book: str
) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf(), Brittle()])
        record(ledger, "first", Bought(title="A", price=1))
        good = record(ledger, "second", Bought(title="B", price=1))
        bad = record(ledger, book, Bought(title="C", price=1))
        last = record(ledger, "third", Bought(title="D", price=1), Lent(reader="ann", days=1))
        with projecting(views) as projector:
            assert lent_out(views, last) == ["third"]
            stopped = eventually(lambda: projector.status().stopped_views)

            assert not projector.status().ready
            assert f"lending.bought.v1 of book-{book} at position {bad}" in stopped["brittle"]
            assert SAID_OF[book] not in stopped["brittle"]
            assert 'linli_view_stopped{service="lending",view="brittle"} 1.0' in metrics.exposition().decode()
            with pytest.raises(ViewBehind), views.read("brittle", f"r{last}.1", timeout=0.1):
                pass
            assert lent_out(views, record(ledger, "third", GivenBack(reader="ann"))) == []
            eventually(lambda: lag("brittle") == float(ledger.head() - good))

        assert rows(database, f"{Brittle().schema}.books") == [("first", 1), ("second", 1)]
        assert positions(database)["brittle"] == good
        assert 'linli_view_stopped{service="lending",view="brittle"} 0.0' in metrics.exposition().decode()


def test_a_mended_view_goes_on_after_a_restart(database: str) -> None:
    class Mended(Brittle):
        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            rows.put("books", {"book_id": recorded.subject_id, "shelf": 1})

    with lending(database) as ledger:
        last = record(ledger, "unthinkable", Bought(title="C", price=1))
        with projecting(Views(ledger, [Brittle()])) as projector:
            eventually(lambda: projector.status().stopped_views)
        with (
            projecting(Views(ledger, [Mended()])) as projector,
            read_when_there(Views(ledger, [Mended()]), "brittle", f"r{last}.1"),
        ):
            eventually(lambda: projector.status().ready)


def test_a_view_of_another_shape_is_built_anew(database: str) -> None:
    class Wider(Brittle):
        tables = (Table("books", {"book_id": "text", "shelf": "integer", "room": "text"}, key=("book_id",)),)

    with lending(database) as ledger:
        last = record(ledger, "first", Bought(title="A", price=1))
        with projecting(Views(ledger, [Brittle()])) as projector:
            eventually(lambda: projector.status().ready)
        wider = Views(ledger, [Wider()])
        with pytest.raises(ViewBehind), wider.read("brittle", timeout=0):
            pass
        with projecting(wider), read_when_there(wider, "brittle", f"r{last}.1") as cursor:
            assert cursor.execute("SELECT * FROM books").fetchall() == [
                {"book_id": "first", "shelf": 1, "room": None}
            ]


def test_a_read_is_one_snapshot_and_cannot_write(database: str) -> None:
    with lending(database) as ledger:
        views = Views(ledger, [Shelf()])
        with projecting(views):
            head = record_history(ledger, 10)
            with read_when_there(views, "shelf", f"r{head}.1") as cursor:
                before = Shelf().lent_out(cursor)
                lent_out(views, record(ledger, "b3", Lost()))
                assert Shelf().lent_out(cursor) == before
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    cursor.execute("DELETE FROM books")


def test_rows_and_positions_survive_a_kill_of_the_server_together(
    killable_postgres: KillablePostgres,
) -> None:
    dsn = killable_postgres.ensure_database("lending")
    with lending(dsn) as ledger:
        views = Views(ledger, [Shelf(), Readers()])
        head = record_history(ledger, 300)
        with projecting(views, ProjectorSettings(batch=20)) as projector:
            eventually(lambda: max(positions(dsn).values(), default=0) > 40)
            killable_postgres.kill()
            eventually(lambda: projector.status().state == "in trouble", seconds=60)
            killable_postgres.restart()

            eventually(lambda: positions(dsn) == {"shelf": head, "readers": head}, seconds=60)

        total = sum(row[1] for row in rows(dsn, f"{Readers().schema}.totals"))
        assert total == sum(isinstance(recorded.event, Lent) for recorded in ledger.read(limit=10_000))


def test_a_position_is_never_ahead_of_the_rows(database: str) -> None:
    class Counted(View):
        name = "counted"
        tables = (Table("counter", {"id": "text", "events": "bigint", "position": "bigint"}, key=("id",)),)

        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            row = rows.get("counter", "all") or {"events": 0}
            rows.put("counter", {"id": "all", "events": row["events"] + 1, "position": recorded.position})

    with lending(database) as ledger:
        views = Views(ledger, [Counted()])
        head = record_history(ledger, 200)
        with (
            projecting(views, ProjectorSettings(batch=7)),
            psycopg.connect(database, autocommit=True) as watcher,
        ):
            eventually(lambda: positions(database).get("counted"))
            seen = 0
            while seen < head:
                found = watcher.execute(
                    f"SELECT p.position, c.position FROM view_position p, {Counted().schema}.counter c"
                    " WHERE p.view = 'counted'"
                ).fetchone()
                assert found is not None
                assert found[0] == found[1]
                seen = found[0]
