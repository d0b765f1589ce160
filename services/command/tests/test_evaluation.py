"""The evaluation mode's PostgreSQL and the users of its RabbitMQ, as the chart starts them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from libs.messaging import topology
from libs.runtime.bundled.ports import free_ports
from libs.testkit.eventually import eventually
from services.command.line import run
from services.command.registry import NAMES, load


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    folder = tmp_path / "passwords"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path: Path, passwords: Path) -> Iterator[int]:
    """The port of a running server whose data lies in `data`."""
    for role in ("linli_cases", "linli_cases_owner", "linli_keys_owner"):
        (passwords / role).write_text(f"password of {role}\n")
    (passwords / "..data").mkdir()  # Kubernetes links its files into a folder of this name
    tmp_path.chmod(0o755)
    [port] = free_ports(1)
    words = ["kubernetes", "postgresql", "--data", str(tmp_path / "data"), "--passwords", str(passwords)]
    command = [sys.executable, "-m", "services.command", *words, "--port", str(port)]
    with subprocess.Popen(command) as process:
        eventually(lambda: answers(port), seconds=60)
        yield port
        process.terminate()


def address(port: int, user: str, database: str, password: str) -> str:
    return f"host=127.0.0.1 port={port} user={user} dbname={database} password='{password}' connect_timeout=3"


def answers(port: int) -> bool:
    try:
        psycopg.connect(address(port, "linli_cases", "linli_cases", "password of linli_cases")).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.store
@pytest.mark.process
def test_each_service_has_a_database_an_owner_and_a_role_with_passwords(server: int) -> None:
    owner = address(server, "linli_cases_owner", "linli_cases", "password of linli_cases_owner")
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE SCHEMA mine")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address(server, "linli_cases", "linli_cases", "another"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address(server, "linli", "postgres", "any"))


@pytest.mark.store
@pytest.mark.process
def test_whoever_is_beside_the_server_is_its_administrator_without_a_password(
    server: int, tmp_path: Path
) -> None:
    beside = [sys.executable, "-m", "services.command", "kubernetes", "postgresql-client"]
    at = ["--data", str(tmp_path / "data"), "--port", str(server)]

    asked = [*beside, *at, "psql", "-Atc", "SELECT current_user", "linli_cases"]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.returncode) == ("linli\n", 0), ended.stderr


def test_the_brokers_users_have_the_rights_of_the_page_and_no_password_in_clear(
    tmp_path: Path, passwords: Path
) -> None:
    for name in NAMES:
        (passwords / name).write_text(f"hunter2 of {name}")
    file = tmp_path / "definitions.json"

    assert (
        run(["kubernetes", "broker-definitions", "--vhost", "elm", "--passwords", str(passwords), str(file)])
        == 0
    )

    told = json.loads(file.read_text())
    assert {user["name"] for user in told["users"]} == set(NAMES)
    assert "hunter2" not in file.read_text()
    rights = topology.rights("cases", sorted(load("cases").subscriptions))
    [cases] = [each for each in told["topic_permissions"] if each["user"] == "cases"]
    assert (cases["vhost"], cases["write"], cases["read"]) == ("elm", rights.publish, rights.bind)


def test_a_user_without_a_password_is_named(
    tmp_path: Path, passwords: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--vhost", "elm", "--passwords", str(passwords), str(tmp_path / "definitions.json")]

    assert run(["kubernetes", "broker-definitions", *words]) == 1

    assert "has no file for identity, catalog" in capsys.readouterr().err
