"""The secrets of a data folder: made once; never made anew for data that only the old ones open."""

from pathlib import Path

import pytest

from libs.rpc.keys import SigningKey
from libs.runtime.bundled.kept import make_relay_keys, make_secrets
from libs.runtime.bundled.place import Place
from libs.runtime.config.guards import CannotStart

SECRETS = {"master.key", "signing.pem", "operator.secret"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(data=tmp_path)


def refused(place: Place) -> str:
    with pytest.raises(CannotStart) as refusal:
        make_secrets(place)
    return str(refusal.value)


def contents(place: Place) -> dict[str, str]:
    return {file.name: file.read_text() for file in place.data.iterdir() if file.is_file()}


def test_secrets_are_made_once_for_their_owner_only(place: Place) -> None:
    make_secrets(place)
    made = contents(place)

    make_secrets(place)

    assert contents(place) == made
    assert made.keys() == SECRETS
    assert {(place.data / name).stat().st_mode & 0o777 for name in SECRETS} == {0o600}


def test_a_relay_key_is_for_its_owner_only_and_its_public_half_for_everybody(place: Place) -> None:
    make_relay_keys(place, ["cases"])
    make_relay_keys(place, ["cases"])

    key, public = place.relay_key("cases"), place.source_keys / "cases.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert public.read_bytes() == SigningKey.from_pem(key.read_bytes()).public_pem()


def test_the_public_half_of_a_relay_key_that_was_replaced_stays(place: Place) -> None:
    make_relay_keys(place, ["cases"])
    before = (place.source_keys / "cases.pem").read_bytes()

    place.relay_key("cases").unlink()
    make_relay_keys(place, ["cases"])

    now = SigningKey.from_pem(place.relay_key("cases").read_bytes()).public_pem()
    assert (place.source_keys / "cases.pem").read_bytes() == before + now


def test_a_damaged_relay_key_is_named_with_what_to_do(place: Place) -> None:
    make_relay_keys(place, ["cases"])
    place.relay_key("cases").write_text("junk")

    with pytest.raises(CannotStart, match=r"cases\.pem is damaged .*: delete it"):
        make_relay_keys(place, ["cases"])


def test_a_master_key_that_is_gone_is_not_made_anew_for_data_that_it_enciphered(place: Place) -> None:
    make_secrets(place)
    place.master_key.unlink()

    assert f"{place.master_key} is missing, and {place.data} holds data that only this key opens" in refused(
        place
    )
    assert not place.master_key.exists()


def test_nor_is_it_made_beside_a_database_alone(place: Place) -> None:
    place.postgres.mkdir()

    assert "holds data that only this key opens" in refused(place)


@pytest.mark.parametrize("content", ["", "junk", "é", "c2hvcnQ="])
def test_a_master_key_that_is_none_is_named_with_what_to_do(place: Place, content: str) -> None:
    make_secrets(place)
    place.master_key.write_text(content, "utf-8")

    assert f"{place.master_key} is damaged" in refused(place)
    assert "restore it from a backup: only this key can decrypt the data" in refused(place)


@pytest.mark.parametrize(
    "content", ["", "junk", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----"]
)
def test_a_signing_key_that_is_none_is_named_with_what_to_do(place: Place, content: str) -> None:
    make_secrets(place)
    place.signing_key.write_text(content)

    assert f"{place.signing_key} is damaged (it is not an Ed25519 key in PEM): restore it" in refused(place)


def test_an_empty_secret_of_the_operator_is_named_with_what_to_do(place: Place) -> None:
    make_secrets(place)
    place.operator_secret.write_text("\n")

    assert f"{place.operator_secret} is damaged (it is empty): delete it" in refused(place)


def test_a_signing_key_that_was_deleted_is_made_anew(place: Place) -> None:
    make_secrets(place)
    place.signing_key.unlink()

    make_secrets(place)

    assert contents(place).keys() == SECRETS
