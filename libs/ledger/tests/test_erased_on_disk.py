"""Somebody with the disks and the master key finds nothing of an erased person, and finds the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from libs.ledger.personal import Personal
from libs.ledger.privacy.bucket_files import BucketFiles
from libs.ledger.privacy.buckets import BucketStore
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.blinding import Blinding
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.tables import create_tables
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import LetterPut, context
from libs.testkit.postgres import KillablePostgres, killable_server
from libs.testkit.thief import Thief

ADDRESS = "7 Lamplighter Row, second floor"
TEXT = Blinding(
    kind="text",
    texts={"letter_put.v1": lambda event: [event.text]},
    words=lambda texts: " ".join(texts).split(),
)
EVENTS = replace(mailbox.EVENTS, blinded=(TEXT,))


def thief(*folders: Path) -> Thief:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return Thief(MASTER_KEY, (path.read_bytes() for path in files))


@pytest.fixture(scope="module")
def server() -> Iterator[KillablePostgres]:
    with killable_server() as running:
        yield running


@contextmanager
def registered(server: KillablePostgres, store: BucketStore | None) -> Iterator[Ledger]:
    """A ledger that knows addresses of Ada and of Bo, in one bucket."""
    dsn = server.ensure_database("beside" if store is None else "post")
    create_tables(dsn)
    with Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, MASTER_KEY, buckets=store) as ledger:
        for person in ("ada", "bo"):
            event = LetterPut(letter="l-1", text=Personal(person, ADDRESS))
            pair = (event, context().metadata(utc_now()))
            ledger.append(
                Append(drafts=[Draft(stream=f"mailbox-{person}", expected_version=0, events=[pair])])
            )
        yield ledger


def secret_of(ledger: Ledger, person: str) -> bytes:
    secret = ledger.keys.to_encipher(person).secret
    assert secret is not None
    return secret


def buckets_of(ledger: Ledger) -> set[bytes]:
    with ledger.connection() as connection:
        rows = connection.execute("SELECT bucket FROM key_buckets").fetchall()
    return {bytes(row["bucket"]) for row in rows}


def write_down(server: KillablePostgres) -> None:
    """All that the server has in memory lies in its files afterwards."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("CHECKPOINT")


@pytest.mark.store
def test_with_disks_and_master_key_at_hand_an_erased_person_stays_erased(
    server: KillablePostgres, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    with registered(server, BucketFiles(keys)) as ledger:
        ada, bo = secret_of(ledger, "ada"), secret_of(ledger, "bo")
        buckets = buckets_of(ledger)
        write_down(server)
        before = thief(server.cluster, keys).keys(buckets, ["ada", "bo"])

        ledger.append(Append(erases=["ada"]))

        buckets |= buckets_of(ledger)
        write_down(server)
        with_disks = thief(server.cluster, keys)
        after = with_disks.keys(buckets, ["ada", "bo"])

    assert {ada, bo} <= before
    assert ada not in after
    assert bo in after
    assert with_disks.sees(b"ada")  # these are the files
    assert not with_disks.sees(ADDRESS.encode())
    assert not with_disks.sees(b"Lamplighter")  # though it could be found by that
    assert not with_disks.sees(ada)


@pytest.mark.store
def test_keys_beside_the_ledger_outlive_an_erasure_in_its_log(server: KillablePostgres) -> None:
    with registered(server, store=None) as ledger:
        ada, buckets = secret_of(ledger, "ada"), buckets_of(ledger)

        ledger.append(Append(erases=["ada"]))

        write_down(server)
        found = thief(server.cluster).keys(buckets, ["ada"])

    assert ada in found  # as OPERATING.md says
