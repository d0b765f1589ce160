"""What every store of buckets promises, and what a folder promises beyond that."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from libs.ledger.datastore import Datastore
from libs.ledger.errors import BucketsUnavailable
from libs.ledger.privacy import key_store
from libs.ledger.privacy.bucket_files import BucketFiles
from libs.ledger.privacy.bucket_table import BucketTable
from libs.ledger.privacy.buckets import BucketStore, Kept
from libs.ledger.privacy.key_address import folder_of
from libs.ledger.privacy.tables import BUCKET_KEYS
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS
from libs.testkit.postgres import TestServer

ONE, OTHER = bytes(range(16)), bytes(range(16, 32))
FIRST = Kept(b"first secret, wrapped")
SECOND = Kept(b"second secret, wrapped", b"members")

OpenStore = Callable[[], BucketStore]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "post"


@pytest.fixture(params=["folder", "table"])
def open_store(
    request: pytest.FixtureRequest, folder: Path, postgres_server: TestServer
) -> Iterator[OpenStore]:
    """Opens the store as one more process would."""
    if request.param == "folder":
        yield lambda: BucketFiles(folder)
        return
    dsn = postgres_server.create()
    with psycopg.connect(dsn) as connection:
        connection.execute(BUCKET_KEYS)
    opened: list[Datastore] = []

    def table() -> BucketStore:
        opened.append(Datastore(dsn, lock_timeout=5, pool_size=4, retry_for=0.1))
        opened[-1].pool.open()
        return BucketTable(opened[-1], "post")

    yield table
    for datastore in opened:
        datastore.close()
    postgres_server.drop(dsn)


@pytest.fixture
def store(open_store: OpenStore) -> BucketStore:
    return open_store()


# What every store promises


def test_what_is_kept_is_found_by_every_process(open_store: OpenStore) -> None:
    open_store().add(ONE, FIRST)

    other = open_store()

    assert other.read([ONE, OTHER]) == {ONE: FIRST}
    assert other.names() == {ONE}


def test_what_is_destroyed_is_gone_for_every_process(open_store: OpenStore) -> None:
    store, other = open_store(), open_store()
    for name in (ONE, OTHER):
        store.add(name, FIRST)

    store.destroy(ONE)
    other.destroy(ONE)

    assert other.read([ONE, OTHER]) == {OTHER: FIRST}
    assert store.names() == {OTHER}


def test_only_what_one_knows_is_replaced(store: BucketStore) -> None:
    store.add(ONE, FIRST)

    assert not store.replace(ONE, SECOND, FIRST)
    assert store.replace(ONE, FIRST, SECOND)
    assert store.read([ONE]) == {ONE: SECOND}


def test_what_is_gone_is_not_brought_back_by_replacing_it(store: BucketStore) -> None:
    store.add(ONE, FIRST)
    store.destroy(ONE)

    assert not store.replace(ONE, FIRST, SECOND)
    assert store.names() == set()


def test_of_many_who_replace_at_once_one_does(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(4)]
    stores[0].add(ONE, FIRST)

    with ThreadPoolExecutor(8) as threads:
        tries = [
            threads.submit(stores[n % 4].replace, ONE, FIRST, Kept(b"wrapped by %d" % n)) for n in range(8)
        ]
        done = [number for number, each in enumerate(tries) if each.result()]

    assert len(done) == 1
    assert stores[0].read([ONE]) == {ONE: Kept(b"wrapped by %d" % done[0])}


def test_nothing_at_all_is_asked_for_in_vain(store: BucketStore) -> None:
    assert store.read([]) == {}
    assert store.names() == set()


# A table


def test_services_share_a_table_and_see_their_own(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(BUCKET_KEYS)
    datastore = Datastore(database, lock_timeout=5, pool_size=1)
    datastore.pool.open()
    cases, post = BucketTable(datastore, "cases"), BucketTable(datastore, "post")

    cases.add(ONE, FIRST)
    post.add(ONE, SECOND)
    post.destroy(ONE)

    assert cases.read([ONE]) == {ONE: FIRST}
    datastore.close()


def test_a_table_that_is_not_there_is_no_erasure(database: str) -> None:
    datastore = Datastore(database, lock_timeout=5, pool_size=1, retry_for=0.1)
    datastore.pool.open()
    store = BucketTable(datastore, "post")

    for use in (store.names, lambda: store.read([ONE]), lambda: store.add(ONE, FIRST)):
        with pytest.raises(BucketsUnavailable):
            use()
    datastore.close()


# By an address


def test_an_address_names_a_folder_for_each_service_or_a_database(folder: Path, database: str) -> None:
    key_store.make_store(database)
    key_store.make_store(database)

    for address in (folder.as_uri(), database):
        stores = {name: key_store.open_store(address, name) for name in ("post", "cases")}
        post, cases = stores["post"], stores["cases"]
        assert post is not None
        assert cases is not None
        post.add(ONE, FIRST)
        assert (post.names(), cases.names()) == ({ONE}, set())
        post.close()
        cases.close()
    assert (folder / "post" / f"{ONE.hex()}.key").exists()
    assert key_store.open_store("", "post") is None


def test_a_ledger_keeps_its_buckets_in_a_database_of_their_own(dsn: str, database: str) -> None:
    key_store.make_store(database)
    store = key_store.open_store(database, "post")
    assert store is not None
    settings = LedgerSettings(dsn=dsn, service="post")
    with Ledger.connect(settings, EVENTS, MASTER_KEY, buckets=store) as ledger:
        ledger.keys.expect_new("resident-1")

        assert len(store.names()) == 1
        with ledger.connection() as connection:
            assert connection.execute("SELECT * FROM bucket_keys").fetchall() == []


@pytest.mark.parametrize("address", ["file:keys", "file://host/keys", "file://"])
def test_a_folder_is_named_by_its_whole_path(address: str) -> None:
    with pytest.raises(ValueError, match="file:///path"):
        folder_of(address)


# A folder


def test_a_folder_that_is_not_mounted_is_no_erasure(folder: Path) -> None:
    store = BucketFiles(folder)
    store.add(ONE, FIRST)
    shutil.rmtree(folder)

    for use in (store.names, lambda: store.read([ONE]), lambda: store.destroy(ONE)):
        with pytest.raises(BucketsUnavailable, match="cannot be used: No such file"):
            use()


def test_a_folder_is_for_its_owner_only(folder: Path) -> None:
    BucketFiles(folder).add(ONE, FIRST)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("change", ["destroy", "replace"])
def test_what_goes_is_overwritten_where_it_lay(folder: Path, change: str) -> None:
    store = BucketFiles(folder)
    store.add(ONE, FIRST)
    with (folder / f"{ONE.hex()}.key").open("rb") as before:  # its place on the disk, whatever it is called
        assert FIRST.wrapped in before.read()

        if change == "destroy":
            store.destroy(ONE)
        else:
            store.replace(ONE, FIRST, SECOND)

        before.seek(0)
        assert FIRST.wrapped not in before.read()


class Killed(BaseException):
    """The process was killed before this call of the system."""


@pytest.mark.parametrize("change", ["add", "destroy", "replace"])
@pytest.mark.parametrize("step", range(8))
def test_a_process_killed_at_any_step_leaves_the_old_or_the_new(
    folder: Path, change: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BucketFiles(folder)
    store.add(OTHER, SECOND)
    if change != "add":
        store.add(ONE, FIRST)
    left = iter(range(step))
    with monkeypatch.context() as dying:
        for owner, name in ((os, "fsync"), (Path, "rename"), (Path, "unlink"), (Path, "hardlink_to")):
            dying.setattr(owner, name, before_it_dies(getattr(owner, name), left))
        try:
            changes(store)[change]()
            finished = True
        except Killed:
            finished = False

    after = BucketFiles(folder)
    state = after.read([ONE, OTHER])

    assert state.pop(OTHER) == SECOND
    old, new = OUTCOMES[change]
    assert state == new if finished else state in (old, new)
    changes(after)[change]()  # what was not finished can be done again
    assert after.read([ONE, OTHER]) == {**new, OTHER: SECOND}
    assert {path.suffix for path in folder.iterdir()} <= {".key", ""}


OUTCOMES: dict[str, tuple[dict[bytes, Kept], dict[bytes, Kept]]] = {
    "add": ({}, {ONE: FIRST}),
    "destroy": ({ONE: FIRST}, {}),
    "replace": ({ONE: FIRST}, {ONE: SECOND}),
}


def changes(store: BucketFiles) -> dict[str, Callable[[], object]]:
    return {
        "add": lambda: store.add(ONE, FIRST),
        "destroy": lambda: store.destroy(ONE),
        "replace": lambda: store.replace(ONE, FIRST, SECOND),
    }


def before_it_dies(real: Callable[..., object], left: Iterator[int]) -> Callable[..., object]:
    def called(*arguments: object) -> object:
        if next(left, None) is None:
            raise Killed
        return real(*arguments)

    return called


def test_five_services_may_make_the_store_at_once(database: str) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(key_store.make_store, [database] * 5))

    store = key_store.open_store(database, "cases")
    assert store is not None
    store.close()
