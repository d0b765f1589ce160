"""The fixtures that every test may use; loaded by the root conftest."""

import contextlib
import gc
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from libs.notify.letter_font import FONT, PACKAGE
from libs.runtime.bundled import debian, ports
from libs.runtime.bundled.rabbitmq_install import Installed, RabbitMQFailed, find_or_install
from libs.telemetry.metrics import registry
from libs.testkit import examples, patience
from libs.testkit.compiled import compile_all, share
from libs.testkit.forked.starting import Starter, forking
from libs.testkit.memory import write_to_memory
from libs.testkit.postgres import KillablePostgres, TestServer, killable_server, running_server
from libs.testkit.rabbit import KillableRabbit, RabbitServer, TlsRabbit, running_rabbit, running_tls_rabbit
from libs.testkit.slowest import Slowest
from libs.testkit.spread import refuse_disorder

_POSTGRES_FIXTURES = {"postgres_server", "database", "module_database", "killable_postgres"}
_RABBIT_FIXTURES = {"installed_rabbitmq", "rabbit_server", "broker", "killable_rabbit", "tls_rabbit"}
_STORE_FIXTURES = _POSTGRES_FIXTURES | _RABBIT_FIXTURES
STARTER = pytest.StashKey[Starter]()
_MAY_START = {"process", "store", "journey"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    parser.addoption(
        "--thorough", action="store_true", help=f"try {examples.MANY} times as many examples of each property"
    )
    for kind in ("plain", "worker"):
        parser.addini(f"forked_{kind}", f"what the parent of {kind} test processes imports", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Settle how many examples are tried, where files lie, who has which ports, who reports what was slow."""
    write_to_memory()
    examples.configure(thorough=config.getoption("--thorough"))
    _start_by_fork(config)
    given = getattr(config, "workerinput", None)  # with pytest-xdist, but not for who hands out the tests
    if given is None:
        config.pluginmanager.register(Slowest(), "slowest")
    else:
        ports.keep_to(int(given["workerid"].removeprefix("gw")), int(given["workercount"]))


def _start_by_fork(config: pytest.Config) -> None:
    """From now on, processes of the project are forked from parents that have imported what they need."""
    starter = config.stash[STARTER] = Starter(config.getini("forked_plain"), config.getini("forked_worker"))
    stack = contextlib.ExitStack()
    stack.callback(starter.close)
    stack.enter_context(forking(starter))
    config.add_cleanup(stack.close)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Measure the machine before its processes are busy; they inherit the figure."""
    patience.measure_once()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every process of a run must find the same tests in the same order."""
    for marker in metafunc.definition.iter_markers("parametrize"):
        values = marker.args[1] if len(marker.args) > 1 else marker.kwargs.get("argvalues")
        refuse_disorder(metafunc.definition.nodeid, values)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the bundled PostgreSQL or RabbitMQ as `store`; what uses RabbitMQ, also as `broker`."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if _STORE_FIXTURES & asked:
            item.add_marker(pytest.mark.store)
        if _RABBIT_FIXTURES & asked:
            item.add_marker(pytest.mark.broker)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None]:
    """Look for garbage among what tests make, not among all that was imported and collected for them."""
    _compile_share(session.config)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _compile_share(config: pytest.Config) -> None:
    """Of several processes that are about to import the same modules, each compiles a share of them."""
    if given := getattr(config, "workerinput", None):
        folders = [config.rootpath / name for name in config.getini("testpaths")]
        files = [file for folder in folders for file in folder.rglob("*.py")]
        number = int(given["workerid"].removeprefix("gw"))
        compile_all(config, share(files, number, int(given["workercount"])))


@pytest.fixture(autouse=True)
def _starts_no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What starts processes says so by a marker, so that `make unit` stays a matter of seconds."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this test starts a process: mark it `process`")

    if not _MAY_START & {marker.name for marker in request.node.iter_markers()}:
        monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.fixture(autouse=True)
def _bears_no_name_of_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test names its cell is no label of what the next ones measure."""
    monkeypatch.setattr(registry, "_cell", "")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Give a test the more time, the slower the machine is as it begins: limits are in calm seconds."""
    marker = item.get_closest_marker("timeout")
    calm = float(marker.args[0] if marker else item.config.getini("timeout"))
    item.add_marker(pytest.mark.timeout(patience.seconds(calm)), append=False)
    item.config.stash[STARTER].by_exec = item.get_closest_marker("by_exec") is not None
    return (yield)


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
def letter_font() -> Path:
    """The font of letters; Debian's package is installed first where it is missing."""
    if not FONT.exists():
        try:
            debian.install([PACKAGE])
        except debian.NotInstalled as failed:
            pytest.fail(str(failed), pytrace=False)
    return FONT


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


@pytest.fixture(scope="session")
def _often_killed_rabbit(installed_rabbitmq: Installed) -> Iterator[KillableRabbit]:
    with running_rabbit(installed_rabbitmq) as node:
        yield node


@pytest.fixture
def killable_rabbit(_often_killed_rabbit: KillableRabbit) -> KillableRabbit:
    """A running private node: `.url`, `.kill()`, `.restart()`, `.wipe()`, `.stop()`, `.start()`.

    One for the session, as good as new for each test.
    """
    _often_killed_rabbit.renew()
    return _often_killed_rabbit


@pytest.fixture(scope="session")
def tls_rabbit(installed_rabbitmq: Installed) -> Iterator[TlsRabbit]:
    """The session's RabbitMQ that speaks TLS: `.node.tls_url`, `.authority.file`, `.authority.sign(name)`."""
    with running_tls_rabbit(installed_rabbitmq) as running:
        yield running
