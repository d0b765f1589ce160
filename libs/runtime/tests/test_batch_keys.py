"""A process that must sign or verify batches and cannot says at its start what it lacks."""

import dataclasses

import pytest

from libs.rpc.keys import SigningKey
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.batch_keys import neighbours_keys_of, signer_of
from libs.runtime.tests.running import MASTER_KEY

BARE = Settings(database_url=Secret("postgresql://linli@localhost/cases"), master_key=Secret(MASTER_KEY))


def test_a_relay_without_a_key_says_how_to_make_one() -> None:
    with pytest.raises(
        CannotStart, match=r"LINLI_RELAY_KEY is not set: .*openssl genpkey -algorithm ed25519"
    ):
        signer_of(BARE)


def test_a_key_that_is_none_is_refused_by_its_name_and_not_quoted() -> None:
    with pytest.raises(CannotStart, match="LINLI_RELAY_KEY: it is not an Ed25519 key") as refused:
        signer_of(dataclasses.replace(BARE, relay_key=Secret("hunter2")))

    assert "hunter2" not in str(refused.value)


def test_a_relay_signs_with_the_key_of_its_settings() -> None:
    key = SigningKey.generate()

    assert signer_of(dataclasses.replace(BARE, relay_key=Secret(key.pem().decode()))).key_id == key.kid


def test_a_worker_without_a_key_set_says_where_it_is_to_be_found() -> None:
    with pytest.raises(CannotStart, match="LINLI_KEYS_URL is not set: batches of events are verified"):
        neighbours_keys_of(BARE)


def test_a_key_set_at_no_address_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"LINLI_KEYS_URL: .*not ftp:"):
        neighbours_keys_of(dataclasses.replace(BARE, keys_url="ftp://keys"))
