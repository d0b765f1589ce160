"""The fixtures that every test may use; loaded by the root conftest."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from libs.testkit.postgres import KillablePostgres, TestServer, killable_server, running_server

_STORE_FIXTURES = {"postgres_server", "database", "module_database", "killable_postgres"}

# a slow machine is no counterexample: pytest's own timeout catches what hangs
settings.register_profile("patient", deadline=None, print_blob=True)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the bundled PostgreSQL as `store`."""
    for item in items:
        if _STORE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.store)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestServer]:
    """The session's PostgreSQL: `.create()`, `.copy_of(key, build)`, `.drop(dsn)`."""
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres_server: TestServer) -> Iterator[str]:
    """The dsn of a fresh, empty database for one test."""
    dsn = postgres_server.create()
    yield dsn
    postgres_server.drop(dsn)


@pytest.fixture(scope="module")
def module_database(postgres_server: TestServer) -> Iterator[str]:
    """The dsn of a fresh, empty database shared by the tests of one module."""
    dsn = postgres_server.create()
    yield dsn
    postgres_server.drop(dsn)


@pytest.fixture
def killable_postgres() -> Iterator[KillablePostgres]:
    """A running private server: `.dsn()`, `.ensure_database(name)`, `.kill()`, `.restart()`."""
    with killable_server() as server:
        yield server
