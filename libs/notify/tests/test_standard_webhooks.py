"""Signatures of what is sent to programs."""

import base64

import pytest

from libs.notify.standard_webhooks import SecretUnfit, key_of, signature
from libs.notify.tests.sms_gateway import KEY, SECRET


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_holds_its_key() -> None:
    assert key_of(SECRET) == KEY


@pytest.mark.parametrize("secret", ["", "whsec_c2hvcnQ=", "whsec_???", SECRET.removeprefix("whsec_")])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(SecretUnfit):
        key_of(secret)
