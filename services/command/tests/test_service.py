"""The commands of a service, on an example service."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from libs.runtime.tests.example import tally
from services.command.line import run
from services.command.service import group_of

Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a command of the tally; answers its exit status, and all it said."""

    def run_tally(*words: str) -> tuple[int, str]:
        status = run(words, group_of("tally", lambda: tally.SERVICE))
        return status, "".join(capsys.readouterr())

    return run_tally


def test_a_folder_without_a_platform_is_named(said: Said, tmp_path: Path) -> None:
    status, text = said("parked", "list", "--data", str(tmp_path / "nowhere"))

    assert status == 1
    assert f"linli tally: no platform has run with {tmp_path}/nowhere: give the folder of" in text
    assert "with --data" in text


@pytest.mark.parametrize("words", [("verify",), ("parked", "list"), ("rebuild", "tallies")])
def test_where_no_database_is_named_the_data_folder_is_advised(
    said: Said, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    for variable in ("LINLI_DATABASE_URL", "LINLI_DATABASE_URL_FILE"):
        monkeypatch.delenv(variable, raising=False)

    status, text = said(*words)

    assert status == 1
    assert "linli tally: no database is named: give --data DIR (.linli for what `make run`" in text
    assert "or set LINLI_DATABASE_URL and LINLI_MASTER_KEY" in text


def test_the_settings_are_listed(said: Said) -> None:
    status, text = said("settings")

    assert status == 0
    assert "LINLI_DATABASE_URL" in text


def test_a_flag_wins_over_its_variable(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_THREADS", "8")

    status, text = said("server", "--threads", "many")

    assert status == 1
    assert "LINLI_THREADS: 'many' is not a whole number" in text


def test_secrets_have_no_flags(said: Said) -> None:
    _, helped = said("server", "--help")

    assert "--grpc-address" in helped
    assert [flag for flag in ("--master-key", "--database-url") if flag in helped] == []


@pytest.mark.parametrize(
    ("typed", "close"),
    [("migrat", "migrate"), ("servre", "server"), ("park", "parked"), ("setting", "settings")],
)
def test_a_mistyped_command_is_answered_with_those_close_to_it(said: Said, typed: str, close: str) -> None:
    status, text = said(typed)

    assert status == 2
    assert f"No such command '{typed}'" in text
    assert f"'{close}'" in text


def test_an_unknown_view_is_answered_with_those_there_are(said: Said) -> None:
    status, text = said("rebuild", "tally")

    assert status == 2
    assert "'tallies'" in text


def test_a_worker_in_a_process_that_did_not_begin_as_one_is_refused(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", "dbname=nowhere")
    monkeypatch.setenv("LINLI_MASTER_KEY", "unread")

    status, text = said("worker")

    assert status == 1
    assert "a worker must be a process of its own from the start" in text


def test_a_service_that_has_nothing_for_a_worker_to_do_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", "dbname=nowhere")
    monkeypatch.setenv("LINLI_MASTER_KEY", "unread")

    alone = replace(tally.SERVICE, subscriptions={}, clocks=())

    status = run(["worker"], group_of("tally", lambda: alone))

    assert status == 1
    assert "tally subscribes to no neighbour and has no clocks: it needs no worker" in capsys.readouterr().err
