"""Identity publishes the public keys of the relays from a folder, which may change under it."""

from pathlib import Path

from libs.rpc.keys import SigningKey, keys_of_sources
from services.identity.adapters.source_keys import SourceKeysFolder

ONE, OTHER = SigningKey.generate(), SigningKey.generate()
CASES = "linli://demo/cases"


def _known(folder: SourceKeysFolder) -> set[tuple[str, str]]:
    known = keys_of_sources({"sources": folder.published()})
    return set(known or ())


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
