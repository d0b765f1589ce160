"""What `helm test` runs, against a running platform: it may be repeated, and it fails when it must."""

from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1.identity_service_pb2 import LoginRequest

from e2e.journeys.town import Town
from libs.rpc.client import Client
from services.command import smoke_test
from services.command.line import run
from services.command.registry import NAMES


@pytest.fixture
def words(town: Town) -> list[str]:
    at = [word for name in NAMES for word in ("--at", f"{name}={town.platform.address}")]
    secret = str(town.platform.data / "operator.secret")
    return ["kubernetes", "smoke-test", *at, "--login", "developer", "--password", secret]


def test_a_case_is_opened_routed_and_read_elsewhere_as_often_as_one_likes(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    assert run(words) == 0

    said = capsys.readouterr().out
    assert said.count("is routed to the body that answers for it") == 2
    assert said.count("supervision has the case in its view") == 2


def test_what_another_operator_has_defined_before_is_taken(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    monkeypatch.setattr(smoke_test, "_once", "another-{}".format)  # as if somebody else ran it

    assert run(words) == 0

    assert capsys.readouterr().out.count("supervision has the case in its view") == 2


def test_a_wrong_password_fails_it_and_is_not_said(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hunter2")
    monkeypatch.setattr(smoke_test, "_TRY_AGAIN_AFTER", (0.0,))

    assert run([*words[:-1], str(wrong)]) == 1

    said = "".join(capsys.readouterr())
    assert "identity.v1.IdentityService/Login: UNAUTHENTICATED" in said
    assert "hunter2" not in said


def test_an_operator_who_is_being_made_is_waited_for(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call, refused = Client.call, [1, 2]

    def not_made_yet(self: Client, service: str, rpc: str, request: Any, **how: Any) -> Any:
        if rpc == "Login" and refused:
            request = LoginRequest(login_name=f"nobody-{refused.pop()}", password=request.password)
        return call(self, service, rpc, request, **how)

    monkeypatch.setattr(smoke_test, "_TRY_AGAIN_AFTER", (0.0, 0.0))
    monkeypatch.setattr(Client, "call", not_made_yet)

    assert run(words) == 0

    said = capsys.readouterr().out
    assert said.count("developer is not known, or has another password; trying again in 0 s") == 2
    assert "logged in as developer" in said
