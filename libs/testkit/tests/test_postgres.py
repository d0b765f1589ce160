"""The databases that tests get."""

import os
from pathlib import Path

import psycopg

from libs.testkit.postgres import KillablePostgres, TestServer
from libs.testkit.shared_memory import of_dead_servers, segments_of


def test_each_test_gets_an_empty_database_of_its_own(postgres_server: TestServer) -> None:
    one, other = postgres_server.create(), postgres_server.create()

    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE only_here (id int)")

    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
    postgres_server.drop(one)
    postgres_server.drop(other)


def test_a_template_is_built_once_and_copied(postgres_server: TestServer) -> None:
    built: list[str] = []

    def build(dsn: str) -> None:
        built.append(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE shape (id int)")

    copies = [postgres_server.copy_of("with shape", build) for _ in range(3)]

    for dsn in copies:
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT count(*) FROM shape").fetchone() == (0,)
    assert len(built) == 1


def test_a_killed_server_comes_back_with_what_was_committed(killable_postgres: KillablePostgres) -> None:
    dsn = killable_postgres.ensure_database("kept")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    killable_postgres.kill()
    killable_postgres.restart()

    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_killed_server_leaves_no_shared_memory(killable_postgres: KillablePostgres) -> None:
    segments = segments_of([killable_postgres.pid() or 0])

    killable_postgres.kill()

    assert segments
    assert not any(segment.exists() for segment in segments)


def test_only_what_is_older_than_every_server_of_its_user_is_of_a_dead_one(tmp_path: Path) -> None:
    for name, made in {"PostgreSQL.1": 1000.0, "PostgreSQL.2": 2000.0, "other.3": 1000.0}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (made, made))

    assert of_dead_servers(os.getuid(), tmp_path, [1500.0, 3000.0]) == {tmp_path / "PostgreSQL.1"}
    assert of_dead_servers(os.getuid(), tmp_path, [900.0]) == set()
    assert of_dead_servers(os.getuid() + 1, tmp_path, [1500.0]) == set()
