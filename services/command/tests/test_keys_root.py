"""The root of a signing key can be told to the other services before identity uses the key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import Trust, root_of, signed
from services.command.line import run
from services.command.service import group_of


def test_a_service_that_was_told_the_root_believes_what_the_key_signs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, file = SigningKey.generate(), tmp_path / "signing-key.pem"
    file.write_bytes(secret.pem())

    assert run(("keys-root", str(file)), group_of("identity")) == 0

    told = capsys.readouterr().out.strip()
    published = signed({"keys": []}, root_of(secret), datetime.now(UTC))
    assert Trust([told]).opened(published)["keys"] == []


def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "signing-key.pem"
    file.write_text("something secret")

    assert run(("keys-root", str(file)), group_of("identity")) == 1

    said = "".join(capsys.readouterr())
    assert "it is not an Ed25519 key in PEM" in said
    assert "something secret" not in said
