"""What is done about operators at the machine: once, recorded, and never by a word of the command line."""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.privacy.master_key import MasterKey
from libs.messaging.schema import migrate
from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import OpenService, open_service
from libs.testkit.postgres import TestServer
from services.command.line import run
from services.command.service import group_of
from services.identity.wiring import SERVICE

WEI = ("--name", "Li Wei", "--staff-number", "4711", "--login", "Li.Wei")
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def installation(postgres_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenService]:
    """An identity service without an operator, whose settings are in the environment."""
    dsn = postgres_server.create()
    migrate(dsn, "identity", SERVICE.views, events=SERVICE.events)
    monkeypatch.setenv("LINLI_DATABASE_URL", dsn)
    monkeypatch.setenv("LINLI_MASTER_KEY", MasterKey.generate().text())
    monkeypatch.setenv("LINLI_IDENTITY_SIGNING_KEY", SigningKey.generate().pem().decode())
    opened = open_service(SERVICE, read(Settings, os.environ), os.environ, listen=False)
    yield opened
    opened.close()
    postgres_server.drop(dsn)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Runs a command of identity with a password on standard input; answers its exit status and words."""

    def run_identity(password: str, *words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        status = run(words, group_of("identity"))
        return status, "".join(capsys.readouterr())

    return run_identity


def recorded(installation: OpenService, category: str) -> list[tuple[str, str, str | None]]:
    """The events of a category, with their actor and reason."""
    return [
        (type(each.event).__name__, each.metadata.actor, each.metadata.reason)
        for each in installation.ledger.read(limit=1000)
        if each.stream.startswith(f"{category}-")
    ]


def test_a_job_may_make_the_first_operator_again_and_again(installation: OpenService, said: Said) -> None:
    first, _ = said("correct horse battery", "first-operator", *WEI, "--unless-made")
    second, nothing = said("another password", "first-operator", *WEI, "--unless-made")

    assert (first, second) == (0, 0)
    assert "nothing to do" in nothing
    assert len(recorded(installation, "operators")) == 1


def test_the_first_operator_is_made_once(installation: OpenService, said: Said) -> None:
    first, _ = said("correct horse battery", "first-operator", *WEI)
    second, refused = said("another password", "first-operator", *WEI[:-1], "somebody.else")

    assert (first, second) == (0, 1)
    assert "FIRST_OPERATOR_EXISTS" in refused
    reason = "first operator of the installation"
    assert recorded(installation, "operators") == [("FirstOperatorMade", "machine", reason)]
    assert recorded(installation, "access") == [("RoleGranted", "machine", reason)]
    assert [name for name, _, _ in recorded(installation, "login")] == ["LoginCreated"]


def test_of_sixteen_first_operators_made_at_once_there_is_one(installation: OpenService) -> None:
    make = installation.parts.by_hand["first-operator"]

    def outcome(number: int) -> str:
        words = {
            "name": "x",
            "staff_number": f"{number}",
            "login": f"racer.{number}",
            "password": "a long one",
        }
        try:
            make(words)
        except Refusal as refused:
            return refused.code
        return "made"

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(outcome, range(16)))

    assert outcomes.count("made") == 1
    assert set(outcomes) <= {"made", "FIRST_OPERATOR_EXISTS", "LOGINS_BUSY"}
    assert len(recorded(installation, "access")) == len(recorded(installation, "login")) == 1


def test_a_password_that_is_too_short_makes_nobody(installation: OpenService, said: Said) -> None:
    status, text = said("short", "first-operator", *WEI)

    assert (status, recorded(installation, "operators")) == (1, [])
    assert "give a password of 10 to 128 characters" in text


def test_a_forgotten_password_is_replaced_at_the_machine(installation: OpenService, said: Said) -> None:
    said("correct horse battery", "first-operator", *WEI)

    replaced, _ = said("a fresh beginning", "set-password", "--login", "LI.WEI")
    unknown, text = said("a fresh beginning", "set-password", "--login", "nobody")

    assert (replaced, unknown) == (0, 1)
    assert "LOGIN_UNKNOWN" in text
    assert recorded(installation, "login")[-1][:2] == ("PasswordSet", "machine")
    assert recorded(installation, "access")[-1][:2] == ("SessionsRevoked", "machine")


def test_only_what_is_parked_is_replayed(installation: OpenService, said: Said) -> None:
    status, text = said("", "notices", "replay", "d17")

    assert status == 1
    assert "DELIVERY_NOT_PARKED" in text


def test_where_there_are_no_webhooks_the_list_says_so(installation: OpenService, said: Said) -> None:
    assert said("", "webhooks") == (0, "there are no webhooks\n")


def test_letters_are_printed_by_a_named_sender_only(
    installation: OpenService, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letter_font: Path
) -> None:
    words = ("notices", "letters", "--out", str(tmp_path))
    without = said("", *words)
    monkeypatch.setenv("LINLI_IDENTITY_LETTER_SENDER", "Willow Street Office, 1 Willow Road")
    monkeypatch.setenv("LINLI_IDENTITY_LETTER_FONT", str(letter_font))

    assert (without[0], "LINLI_IDENTITY_LETTER_SENDER" in without[1]) == (1, True)
    assert said("", *words) == (0, "no letter waits\n")
    assert said("", *words, "--again", "7", "--area", "la")[0] == 2
    assert "LETTERS_UNKNOWN" in said("", *words, "--again", "7")[1]


def test_a_platform_for_trying_out_makes_its_developer_and_follows_their_password(
    installation: OpenService,
) -> None:
    def started_with(password: str) -> list[str]:
        environ = {**os.environ, "LINLI_IDENTITY_DEVELOPER_PASSWORD": password}
        again = open_service(SERVICE, read(Settings, environ), environ, listen=False)
        try:
            again.parts.on_start()
        finally:
            again.close()
        return [name for name, _, _ in recorded(installation, "operators") + recorded(installation, "login")]

    assert started_with("correct horse battery") == ["FirstOperatorMade", "LoginCreated"]
    assert started_with("correct horse battery") == ["FirstOperatorMade", "LoginCreated"]
    assert started_with("a fresh beginning") == ["FirstOperatorMade", "LoginCreated", "PasswordSet"]


def test_where_an_operator_is_there_is_no_developer(installation: OpenService, said: Said) -> None:
    said("correct horse battery", "first-operator", *WEI)
    environ = {**os.environ, "LINLI_IDENTITY_DEVELOPER_PASSWORD": "correct horse battery"}
    again = open_service(SERVICE, read(Settings, environ), environ, listen=False)

    again.parts.on_start()
    again.close()

    assert len(recorded(installation, "login")) == 1
