"""Two releases run on one ledger: each has its own views, and a view that both have is filled once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from libs.ledger.recorded import Context, Draft, Recorded
from libs.ledger.store import leader_lock
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.tests.lending import (
    NOON,
    Bought,
    Lent,
    Lost,
    Readers,
    Shelf,
    cut_projector,
    lending,
    record,
    record_history,
)
from libs.ledger.tests.test_projector import lent_out, projecting, rows
from libs.ledger.tests.test_rebuild import schemas
from libs.ledger.views.left_behind import Sweep, drop_others
from libs.ledger.views.projection import ProjectorSettings
from libs.ledger.views.projector import Projector
from libs.ledger.views.rebuild import rebuild
from libs.ledger.views.view import Rows, Table, View, ViewBehind, Views
from libs.messaging.schema import migrate
from libs.runtime.bundled.postgres import ensure_role
from libs.testkit.eventually import eventually
from libs.testkit.views import assert_rebuilt_equals_live, read_when_there

SETTINGS = ProjectorSettings(batch=20, cache=50, standby=0.01)
SWEEPING = ProjectorSettings(batch=20, cache=50, standby=0.01, sweep=0.01)


class Fold:
    """What a view's fold is given by a projector, in order; may be held at a position until `go_on`."""

    def __init__(self, hold_at: int = 0) -> None:
        self.positions: list[int] = []
        self.go_on = Event()
        self._hold_at = hold_at

    def sees(self, recorded: Recorded[Any]) -> None:
        self.positions.append(recorded.position)
        if 0 < self._hold_at <= recorded.position:
            assert self.go_on.wait(60)


class Unchanged(Readers):
    """A view that both releases have."""

    def __init__(self, watched: Fold) -> None:
        self._watched = watched

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        self._watched.sees(recorded)
        super().fold(recorded, rows)


class Old(Shelf):
    """A view as the older release has it."""

    def __init__(self, watched: Fold) -> None:
        self._watched = watched

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        self._watched.sees(recorded)
        super().fold(recorded, rows)


class New(Old):
    """The same view as the newer release has it: of each book, also the room."""

    tables = (Table("books", {**Shelf.tables[0].columns, "room": "text"}, key=("book_id",)),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        super().fold(recorded, rows)
        if isinstance(recorded.event, Bought):
            rows.change("books", recorded.subject_id, room=f"room {recorded.event.price % 3}")


class Release:
    """A process of a release: its views, what their folds are given, and its projector while it runs."""

    def __init__(
        self,
        ledger: Ledger,
        shelf: type[Old],
        *,
        hold_at: int = 0,
        settings: ProjectorSettings = SETTINGS,
    ) -> None:
        self.of_shelf, self.of_readers = Fold(hold_at), Fold()
        self.shelf, self.readers = shelf(self.of_shelf), Unchanged(self.of_readers)
        self.views = Views(ledger, [self.shelf, self.readers])
        self._settings = settings

    @contextmanager
    def running(self) -> Iterator[Projector]:
        with projecting(self.views, self._settings) as projector:
            yield projector

    @contextmanager
    def ready(self) -> Iterator[Projector]:
        with self.running() as projector:
            eventually(lambda: projector.status().ready, "it is ready")
            yield projector

    def lent_out(self, at_least: int) -> list[str]:
        return lent_out(self.views, at_least)

    def loans(self, at_least: int) -> int:
        with read_when_there(self.views, "readers", f"r{at_least}.1") as cursor:
            row = cursor.execute("SELECT sum(loans)::bigint AS loans FROM totals").fetchone()
        assert row is not None
        return int(row["loans"])


def loans(ledger: Ledger) -> int:
    return sum(isinstance(recorded.event, Lent) for recorded in ledger.read(limit=100_000))


def position(dsn: str, view: View) -> int:
    return int(dict(rows(dsn, "(SELECT schema, position FROM view_position)")).get(view.schema, -1))


def cut_last_projector(dsn: str) -> None:
    """As if its process had been killed: what it had not committed is lost, and its locks with it."""
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'linli projector' AND datname = current_database()"
            " ORDER BY backend_start DESC LIMIT 1"
        )


@contextmanager
def working(ledger: Ledger, release: Release) -> Iterator[Callable[[], int]]:
    """Somebody appends and asks a release for what was appended, again and again; gives how many times."""
    over, seen = Event(), list[int]()

    def work() -> None:
        while not over.is_set():
            last = record_history(ledger, 2, start=1000 + 2 * len(seen))
            release.lent_out(last)
            seen.append(release.loans(last))

    worker = Thread(target=work)
    worker.start()
    try:
        yield lambda: len(seen)
    finally:
        over.set()
        worker.join()
    assert seen == sorted(seen)


def test_each_release_follows_its_own_view_and_a_view_of_both_is_filled_once(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 60)
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.running(), working(ledger, old) as asked, new.running() as projector:
            eventually(lambda: projector.status().ready)
            before = asked()
            eventually(lambda: asked() > before + 5)
            head = ledger.head()

            assert old.lent_out(head)
            assert new.lent_out(head)
            assert new.loans(head) >= 30
        with old.running(), new.running():
            head = ledger.head()
            assert old.lent_out(head) == new.lent_out(head)
            assert old.loans(head) == new.loans(head) == loans(ledger)
        assert len(old.of_readers.positions + new.of_readers.positions) == head
        assert old.of_shelf.positions == new.of_shelf.positions
        assert_rebuilt_equals_live(ledger, [*old.views, *new.views])


def test_the_old_view_is_asked_and_kept_up_while_the_new_one_is_built(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 40)
        old, new = Release(ledger, Old), Release(ledger, New, hold_at=70)
        with old.ready(), new.running() as projector:
            eventually(lambda: new.of_shelf.positions[-1:] == [70])
            last = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))

            assert "emma" in old.lent_out(last)
            assert not projector.status().ready
            assert list(projector.status().building) == ["shelf"]
            with pytest.raises(ViewBehind, match="is still being built"), new.views.read("shelf", timeout=0):
                pass
            assert new.loans(last) == loans(ledger)

            new.of_shelf.go_on.set()
            eventually(lambda: projector.status().ready)

            assert new.lent_out(last) == old.lent_out(last)


def test_a_projector_that_is_killed_while_it_builds_goes_on_where_it_was(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 40)
        old, new = Release(ledger, Old), Release(ledger, New, hold_at=70)
        with old.ready():
            with new.running():
                eventually(lambda: new.of_shelf.positions[-1:] == [70])
                reached = position(database, new.shelf)
                cut_last_projector(database)
                new.of_shelf.go_on.set()
            again = Release(ledger, New)
            with again.ready():
                last = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))

                assert "emma" in again.lent_out(last)

        assert 0 < reached < 70
        assert again.of_shelf.positions[0] > reached
        assert_rebuilt_equals_live(ledger, [*old.views, again.shelf])


def test_an_older_release_that_comes_back_goes_on_from_its_own_position(database: str) -> None:
    with lending(database) as ledger:
        left_at = record_history(ledger, 40)
        with Release(ledger, Old).ready():
            pass
        with Release(ledger, New).ready() as _:
            record_history(ledger, 20, start=40)
        back = Release(ledger, Old)
        with back.ready():
            last = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))

            assert "emma" in back.lent_out(last)
            assert back.loans(last) == loans(ledger)

        assert back.of_shelf.positions[0] == left_at + 1
        assert_rebuilt_equals_live(ledger, [*back.views])


def test_an_older_release_that_comes_back_is_ready_when_its_view_has_caught_up(database: str) -> None:
    with lending(database) as ledger:
        left_at = record_history(ledger, 40)
        with Release(ledger, Old).ready():
            pass
        last = record_history(ledger, 20, start=40)
        back = Release(ledger, Old, hold_at=left_at + 10)
        with back.running() as projector:
            eventually(lambda: back.of_shelf.positions)
            assert not projector.status().ready

            back.of_shelf.go_on.set()
            eventually(lambda: projector.status().ready)

            assert position(database, back.shelf) == last


@pytest.mark.parametrize(("first", "then"), [(Old, New), (New, Old)])
def test_a_view_of_both_goes_on_when_the_release_that_follows_it_ends(
    database: str, first: type[Old], then: type[Old]
) -> None:
    with lending(database) as ledger:
        record_history(ledger, 20)
        other = Release(ledger, then)
        with Release(ledger, first).ready(), other.ready():
            assert other.of_readers.positions == []
            cut_last_projector(database)  # the one that follows only its own view: nothing changes
            cut = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))
            assert other.loans(cut) == loans(ledger)
        other = Release(ledger, then)
        with other.running():
            last = record(ledger, "emma", Lost(), Bought(title="Emma", price=7), Lent(reader="bo", days=3))

            assert other.loans(last) == loans(ledger)
        assert_rebuilt_equals_live(ledger, [*other.views])


def test_projectors_of_two_releases_that_are_cut_again_and_again_lose_and_double_nothing(
    database: str,
) -> None:
    with lending(database) as ledger:
        releases = [Release(ledger, shelf) for shelf in (Old, New, Old, New)]
        with (
            releases[0].running(),
            releases[1].running(),
            releases[2].running(),
            releases[3].running(),
            psycopg.connect(database, autocommit=True) as admin,
        ):
            cut, books = 0, 0
            while cut < 12:
                head = record_history(ledger, 10, start=books)
                books += 10
                cut += cut_projector(admin)
            for release in releases:
                for view in release.views:
                    with read_when_there(release.views, view.name, f"r{head}.1", seconds=60):
                        pass
            for release in releases[:2]:
                assert_rebuilt_equals_live(ledger, [*release.views])


def test_a_view_of_both_that_one_release_cannot_fold_is_taken_by_the_other(database: str) -> None:
    class Blind(Readers):
        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            assert not isinstance(recorded.event, Lost)
            super().fold(recorded, rows)

    with lending(database) as ledger:
        old, new = Views(ledger, [Blind()]), Release(ledger, New)
        with projecting(old, SETTINGS) as projector:
            record(ledger, "emma", Bought(title="Emma", price=7), Lost())
            eventually(lambda: projector.status().stopped_views)
            with new.ready():
                last = record(ledger, "ivo", Bought(title="Ivanhoe", price=7), Lent(reader="ann", days=3))
                assert new.loans(last) == 1

                eventually(lambda: projector.status().ready)
                with read_when_there(old, "readers", f"r{last}.1") as cursor:
                    assert cursor.execute("SELECT loans FROM totals").fetchall() == [{"loans": 1}]


def test_a_view_of_both_that_one_release_rebuilds_is_followed_on(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 20)
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready(), new.ready():
            rebuild(ledger, Readers())
            last = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))

            assert old.loans(last) == new.loans(last) == loans(ledger)
        assert_rebuilt_equals_live(ledger, [*old.views, *new.views])


def test_a_projector_that_stands_by_waits_for_what_the_active_one_builds(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 40)
        building, waiting = Release(ledger, New, hold_at=70), Release(ledger, New)
        with building.running():
            eventually(lambda: building.of_shelf.positions)
            with waiting.running() as projector:
                eventually(lambda: projector.status().state == "standing by")
                assert not projector.status().ready
                assert "shelf" in projector.status().building

                building.of_shelf.go_on.set()
                eventually(lambda: projector.status().ready)

                assert projector.status().state == "standing by"


def test_what_an_older_release_left_is_dropped_and_named_when_told_to(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready():
            pass
        with new.ready(), psycopg.connect(database, autocommit=True) as admin:
            admin.execute(f"CREATE SCHEMA {old.shelf.schema}__new; CREATE SCHEMA view_from_outside")

            dropped, in_use = drop_others(database, new.views)

            assert (dropped, in_use) == ([old.shelf.schema, f"{old.shelf.schema}__new"], [])
            assert schemas(database) == sorted([new.readers.schema, new.shelf.schema, "view_from_outside"])
            assert drop_others(database, new.views) == ([], [])
        back = Release(ledger, Old)
        with back.ready():
            assert_rebuilt_equals_live(ledger, [*back.views])
        assert back.of_shelf.positions[0] == 1


def test_what_an_older_release_still_follows_is_not_dropped(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready(), new.ready():
            assert drop_others(database, new.views) == ([], [old.shelf.schema])

            last = record(ledger, "emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))
            assert "emma" in old.lent_out(last)


def test_what_an_older_release_left_is_not_dropped_while_it_is_read(database: str) -> None:
    with lending(database) as ledger:
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready():
            pass
        with old.views.read("shelf") as cursor:
            assert drop_others(database, new.views) == ([], [old.shelf.schema])
            assert cursor.execute("SELECT count(*) FROM books").fetchone() == {"count": 0}
        assert drop_others(database, new.views) == ([old.shelf.schema], [])


def test_the_role_of_a_service_may_drop_what_was_made_before_there_was_a_role(database: str) -> None:
    with lending(database) as ledger:
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready():
            pass
        ensure_role(database, "linli_lending")
        migrate(database, "lending", new.views, role="linli_lending")

        assert drop_others(make_conninfo(database, user="linli_lending"), new.views) == (
            [old.shelf.schema],
            [],
        )


def erase(ledger: Ledger, book: str) -> int:
    """A book is lost, and with it all that was kept under its key."""
    version = len(ledger.read_stream(f"book-{book}"))
    lost = (Lost(), Context(actor="clerk").metadata(NOON))
    draft = Draft(stream=f"book-{book}", expected_version=version, events=[lost])
    return ledger.append(Append(drafts=[draft], erases=[book])).positions[-1]


def have(dsn: str, view: Shelf, book: str) -> bool:
    return bool(rows(dsn, f"(SELECT FROM {view.schema}.books WHERE book_id = '{book}')"))


def test_tables_that_an_older_release_left_do_not_outlive_an_erasure(database: str) -> None:
    """The new release cannot fold it into them, so they go; an older release that comes back builds anew."""
    with lending(database) as ledger:
        record_history(ledger, 10)
        old, new = Release(ledger, Old), Release(ledger, New, settings=SWEEPING)
        with old.ready():
            assert have(database, old.shelf, "b3")
        with new.ready():
            erased = erase(ledger, "b3")
            eventually(lambda: old.shelf.schema not in schemas(database))
            new.lent_out(erased)
            assert not have(database, new.shelf, "b3")
        back = Release(ledger, Old)
        with back.ready():
            assert not have(database, back.shelf, "b3")
            assert_rebuilt_equals_live(ledger, [*back.views])


def sweep(ledger: Ledger, views: Views) -> None:
    with leader_lock.connect(ledger.settings.dsn, "test") as connection:
        Sweep(views, connection, every=0.0).look_again()


def test_tables_that_are_followed_are_left_to_their_projector(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        old, new = Release(ledger, Old, hold_at=ledger.head() + 1), Release(ledger, New)
        with old.ready():
            erased = erase(ledger, "b3")
            sweep(ledger, new.views)
            old.of_shelf.go_on.set()
            old.lent_out(erased)

            assert not have(database, old.shelf, "b3")


def test_tables_into_which_the_erasure_was_folded_stay(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        old, new = Release(ledger, Old), Release(ledger, New)
        with old.ready():
            old.lent_out(erase(ledger, "b3"))
        with psycopg.connect(database) as admin:
            admin.execute("UPDATE subject_keys SET destroyed_at = destroyed_at - interval '1 hour'")
        sweep(ledger, new.views)

        assert old.shelf.schema in schemas(database)


def test_tables_that_a_newer_release_has_just_made_stay(database: str) -> None:
    with lending(database) as ledger:
        record_history(ledger, 10)
        erase(ledger, "b3")
        old, new = Release(ledger, Old), Release(ledger, New)
        migrate(database, "lending", new.views)
        sweep(ledger, old.views)

        assert new.shelf.schema in schemas(database)
