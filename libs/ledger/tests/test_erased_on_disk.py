"""Somebody with the disks and the master key finds nothing of an erased person, and finds the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.ledger.personal import Personal
from libs.ledger.privacy.bucket_files import BucketFiles
from libs.ledger.privacy.buckets import BucketStore, label
from libs.ledger.privacy.master_key import mark
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.tables import create_tables
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS, LetterPut, context
from libs.testkit.postgres import KillablePostgres, killable_server

NONCE, SEALED = 12, 12 + 32 + 16
ADDRESS = "7 Lamplighter Row, second floor"


class Thief:
    """Reads every file raw, and tries the master key on whatever could be a key that it wrapped."""

    def __init__(self, *folders: Path) -> None:
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        self.disks = [path.read_bytes() for path in files]

    def sees(self, text: bytes) -> bool:
        return any(text in disk for disk in self.disks)

    def keys(self, buckets: set[bytes], persons: list[str]) -> set[bytes]:
        """The keys of persons that can be had: wrapped by the master key, or by way of a bucket's."""
        by_master = set(self._behind(mark(MASTER_KEY.current)))
        got = {opened(MASTER_KEY.current, seal, each.encode()) for seal in by_master for each in persons}
        for name in buckets:
            of_buckets = {opened(MASTER_KEY.current, seal, label(name).encode()) for seal in by_master}
            for secret in of_buckets - {b""}:
                in_it = set(self._behind(b"\x02" + name))
                got |= {opened(secret, seal, name + each.encode()) for seal in in_it for each in persons}
        return got

    def _behind(self, start: bytes) -> Iterator[bytes]:
        for disk in self.disks:
            at = disk.find(start)
            while at >= 0:
                yield disk[at + len(start) : at + len(start) + SEALED]
                at = disk.find(start, at + 1)


def opened(key: bytes, seal: bytes, bound_to: bytes) -> bytes:
    """What is in a seal, if this key opens it."""
    try:
        return AESGCM(key).decrypt(seal[:NONCE], seal[NONCE:], bound_to)
    except (InvalidTag, ValueError):
        return b""


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
        before = Thief(server.cluster, keys).keys(buckets, ["ada", "bo"])

        ledger.append(Append(erases=["ada"]))

        buckets |= buckets_of(ledger)
        write_down(server)
        thief = Thief(server.cluster, keys)
        after = thief.keys(buckets, ["ada", "bo"])

    assert {ada, bo} <= before
    assert ada not in after
    assert bo in after
    assert thief.sees(b"ada")  # these are the files
    assert not thief.sees(ADDRESS.encode())
    assert not thief.sees(ada)


@pytest.mark.store
def test_keys_beside_the_ledger_outlive_an_erasure_in_its_log(server: KillablePostgres) -> None:
    with registered(server, store=None) as ledger:
        ada, buckets = secret_of(ledger, "ada"), buckets_of(ledger)

        ledger.append(Append(erases=["ada"]))

        write_down(server)
        found = Thief(server.cluster).keys(buckets, ["ada"])

    assert ada in found  # as OPERATING.md says
