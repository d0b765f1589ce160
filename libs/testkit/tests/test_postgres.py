"""The databases that tests get."""

import psycopg

from libs.testkit.postgres import KillablePostgres, TestServer


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
