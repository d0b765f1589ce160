"""`linli doctor` is told what to look at, and its exit status says what it found."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from libs.ledger.privacy.master_key import MasterKey
from libs.runtime.bundled.held import hold
from services.command.line import run


def test_it_asks_what_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 2
    assert "or a folder by --data" in capsys.readouterr().err


def test_a_folder_in_which_nothing_has_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--data", str(tmp_path)]) == 1
    assert "no platform has run with" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["up", "cluster"])
def test_a_stopped_platform_is_told_once_with_how_to_start_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    (tmp_path / "master.key").write_text(MasterKey.generate().text(), "ascii")
    (tmp_path / "postgres").mkdir()
    if kind == "cluster":
        (tmp_path / "addresses.json").write_text("{}", "utf-8")

    assert run(["doctor", "--data", str(tmp_path)]) == 1

    told = capsys.readouterr()
    assert told.err.count("is not running: start it with") == 1
    assert f" {kind} --data {tmp_path}`" in told.err
    assert "LINLI_DATABASE_URL" not in told.out + told.err


def test_a_platform_whose_database_alone_is_away_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "master.key").write_text(MasterKey.generate().text(), "ascii")
    (tmp_path / "postgres").mkdir()

    with closing(hold(tmp_path / "lock")):
        assert run(["doctor", "cases", "--data", str(tmp_path)]) == 1

    told = capsys.readouterr()
    assert "PostgreSQL database cases" in told.out
    assert "is not running" not in told.err


def test_a_service_without_its_settings_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LINLI_DATABASE_URL", "LINLI_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert run(["doctor", "cases"]) == 1

    said = capsys.readouterr().out
    assert "LINLI_DATABASE_URL is not set" in said
    assert "LINLI_MASTER_KEY is not set" in said
    assert "`linli cases settings`" in said


def test_a_process_that_does_not_answer_is_broken_and_no_secret_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = MasterKey.generate().text()
    monkeypatch.setenv("LINLI_MASTER_KEY", key)
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://cases:hush@127.0.0.1:1/cases")

    assert run(["doctor", "cases", "--process", "http://127.0.0.1:1/"]) == 1

    said = capsys.readouterr().out
    assert "nothing answers at http://127.0.0.1:1 " in said
    assert "hush" not in said
    assert key not in said


def test_settings_in_a_folder_are_those_of_each_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = MasterKey.generate().text()
    for name, port in (("cases", 1), ("catalog", 2)):
        lines = [
            "# settings of a server",
            f"LINLI_DATABASE_URL='postgresql://{name}:hush@127.0.0.1:{port}/{name}?sslmode=disable'",
            f"LINLI_MASTER_KEY={key}",
        ]
        (tmp_path / f"{name}.env").write_text("\n".join(lines), "utf-8")

    assert run(["doctor", "--env-files", str(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert "PostgreSQL database cases at 127.0.0.1 does not answer" in said
    assert "PostgreSQL database catalog at 127.0.0.1 does not answer" in said
    assert "hush" not in said
    assert "identity" not in [line.strip() for line in said.splitlines()]


def test_a_folder_without_settings_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.env").write_text("LINLI_CELL=elm", "utf-8")

    assert run(["doctor", "--env-files", str(tmp_path)]) == 2
    assert "has none of identity.env, catalog.env, cases.env" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_processes_of_a_cluster_are_asked_as_they_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    (tmp_path / "master.key").write_text(MasterKey.generate().text(), "ascii")
    told = {"scheme": scheme, "grpc": "127.0.0.1:3", "http": "127.0.0.1:1", "worker_http": "127.0.0.1:2"}
    (tmp_path / "addresses.json").write_text(json.dumps({"cases": told}), "utf-8")

    assert run(["doctor", "cases", "--data", str(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert f"nothing answers at {scheme}://127.0.0.1:1 " in said
    assert f"nothing answers at {scheme}://127.0.0.1:2 " in said
    assert "127.0.0.1:3" not in said
