"""Identity publishes the public keys of the relays from a folder, which may change under it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.rpc.keys import SigningKey, keys_of_sources
from services.identity.adapters.published_keys import PublishedKeys
from services.identity.adapters.source_keys import SourceKeysFolder
from services.identity.application.keyring import KeySet

ONE, OTHER = SigningKey.generate(), SigningKey.generate()
CASES = "linli://demo/cases"


class Quiet:
    """A ledger in which nothing happens."""

    known_head = 0

    def wait(self, after: int, timeout: float) -> bool:
        return False


def _known(folder: SourceKeysFolder) -> set[tuple[str, str]]:
    return set(keys_of_sources({"sources": folder.published() or {}}) or ())


def test_each_file_holds_the_keys_of_one_relay(tmp_path: Path) -> None:
    (tmp_path / "cases.pem").write_bytes(ONE.public_pem())
    (tmp_path / "catalog.pem").write_bytes(OTHER.public_pem())

    assert _known(SourceKeysFolder(tmp_path, "demo")) == {
        (CASES, ONE.kid),
        ("linli://demo/catalog", OTHER.kid),
    }


def test_while_a_key_changes_a_file_holds_both(tmp_path: Path) -> None:
    folder = SourceKeysFolder(tmp_path, "demo")
    (tmp_path / "cases.pem").write_bytes(ONE.public_pem())
    before = _known(folder)

    (tmp_path / "cases.pem").write_bytes(ONE.public_pem() + OTHER.public_pem())

    assert before == {(CASES, ONE.kid)}
    assert _known(folder) == {(CASES, ONE.kid), (CASES, OTHER.kid)}


def test_a_damaged_file_takes_no_key_away(tmp_path: Path) -> None:
    folder = SourceKeysFolder(tmp_path, "demo")
    (tmp_path / "cases.pem").write_bytes(ONE.public_pem())
    _known(folder)

    (tmp_path / "cases.pem").write_bytes(ONE.public_pem()[:80])

    assert _known(folder) == {(CASES, ONE.kid)}


def test_a_private_key_in_the_folder_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "cases.pem").write_bytes(ONE.pem())

    assert _known(SourceKeysFolder(tmp_path, "demo")) == set()


def test_a_file_that_is_left_empty_takes_the_last_keys_out(tmp_path: Path) -> None:
    folder = SourceKeysFolder(tmp_path, "demo")
    (tmp_path / "cases.pem").write_bytes(ONE.public_pem())
    _known(folder)

    (tmp_path / "cases.pem").write_bytes(b"")

    assert folder.published() == {CASES: []}


def test_a_folder_that_is_not_mounted_takes_no_key_away(tmp_path: Path) -> None:
    folder = SourceKeysFolder(tmp_path, "demo")
    (tmp_path / "cases.pem").write_bytes(ONE.public_pem())
    _known(folder)

    (tmp_path / "cases.pem").unlink()

    assert _known(folder) == {(CASES, ONE.kid)}


@pytest.mark.parametrize("name", ["", "away"], ids=["empty", "missing"])
def test_an_identity_that_starts_without_the_folder_says_so_and_nothing_of_sources(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    folder = SourceKeysFolder(tmp_path / name, "demo")
    published = PublishedKeys(
        lambda _: KeySet(keys=(), revocations={}), Quiet(), OTHER, lambda: datetime.now(UTC), folder
    )

    assert keys_of_sources(published.read()) is None  # consumers keep what they have
    assert "public keys of relays cannot be read" in caplog.text
