"""The fixtures that every test may use; loaded by the root conftest."""

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import settings

from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import Installed, RabbitMQFailed, find_or_install
from libs.testkit.postgres import KillablePostgres, TestServer, killable_server, running_server
from libs.testkit.rabbit import RabbitServer, running_rabbit

_POSTGRES_FIXTURES = {"postgres_server", "database", "module_database", "killable_postgres"}
_RABBIT_FIXTURES = {"installed_rabbitmq", "rabbit_server", "broker", "killable_rabbit"}
_STORE_FIXTURES = _POSTGRES_FIXTURES | _RABBIT_FIXTURES

# a slow machine is no counterexample: pytest's own timeout catches what hangs
settings.register_profile("patient", deadline=None, print_blob=True)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the bundled PostgreSQL or RabbitMQ as `store`."""
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


@pytest.fixture(scope="session")
def installed_rabbitmq(request: pytest.FixtureRequest) -> Installed:
    """The RabbitMQ of this machine; installed first where there is none, which can be watched."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")
    shown = capturing.global_and_fixture_disabled() if capturing else contextlib.nullcontext()
    try:
        with shown:
            return find_or_install()
    except RabbitMQFailed as failed:
        pytest.fail(str(failed), pytrace=False)


@pytest.fixture(scope="session")
def rabbit_server(installed_rabbitmq: Installed) -> Iterator[RabbitServer]:
    """The session's RabbitMQ: `.create()` answers the URL of a fresh vhost, `.drop(url)`, `.node`."""
    with running_rabbit(installed_rabbitmq) as node:
        yield RabbitServer(node)


@pytest.fixture
def broker(rabbit_server: RabbitServer) -> Iterator[str]:
    """The URL of a fresh, empty vhost for one test."""
    url = rabbit_server.create()
    yield url
    rabbit_server.drop(url)


@pytest.fixture
def killable_rabbit(installed_rabbitmq: Installed) -> Iterator[EmbeddedRabbitMQ]:
    """A running private node: `.url`, `.kill()`, `.restart()`, `.wipe()`, `.stop()`, `.start()`."""
    with running_rabbit(installed_rabbitmq) as node:
        yield node
