"""A key that signs nothing is refused at start, with its variable."""

import pytest

from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import SettingsInvalid, read
from services.identity.settings import IdentitySettings

KEY = "LINLI_IDENTITY_SIGNING_KEY"


def test_an_ed25519_key_is_taken() -> None:
    pem = SigningKey.generate().pem().decode()

    assert read(IdentitySettings, {KEY: pem}, "LINLI_IDENTITY_").signing_key.reveal() == pem


@pytest.mark.parametrize("junk", ["junk", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----"])
def test_what_is_no_key_is_refused_and_not_repeated(junk: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"{KEY}: it is not an Ed25519 key in PEM") as refused:
        read(IdentitySettings, {KEY: junk}, "LINLI_IDENTITY_")

    assert junk not in str(refused.value)
