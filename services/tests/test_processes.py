"""What a process must not load: gRPC where it serves none, heavy things before they are needed."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from services.command import __main__ as start
from services.command.registry import NAMES

pytestmark = pytest.mark.process

HEAVY = ("grpc", "eventlet", "nameko", "ortools", "pandas")
_SERVERS = ("libs.runtime.host.host", "libs.ledger", "libs.messaging", "libs.rpc.server")
_OF_SERVERS = ("psycopg", "eventsourcing", "structlog", "prometheus_client", "opentelemetry", "cryptography")
NOT_FOR_A_CALL = (*_SERVERS, *_OF_SERVERS, "kombu", "nameko", "eventlet", "shapely", "ortools", "pandas")


WIRED = "import services.{name}.wiring, libs.runtime.host.opened, libs.messaging.inbox"
_ROLE = "from services.command.registry import load; from services.command import roles; load({name!r})"
AS_WORKER = (
    f"import libs.worker.patch, services.command.line; {_ROLE}; assert roles._maker_of_workers();"
    "from libs.runtime.config import guards; guards.refuse_grpc(); guards.refuse_unpatched_sockets()"
)
AS_API = (
    f"import services.command.line; {_ROLE}; assert not roles._maker_of_workers();"
    "import libs.runtime.host.serving;"
    "from libs.runtime.config import guards; guards.refuse_patched_sockets()"
)


def loaded(program: str, names: tuple[str, ...]) -> list[str]:
    """Which of these modules a program has loaded when it is through."""
    return _loaded_after((program,), names)[0]


@cache
def loaded_for_each(program: str, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The same by service, in one process: it runs the program for one service after the other."""
    programs = tuple(program.format(name=name) for name in NAMES)
    return dict(zip(NAMES, _loaded_after(programs, names), strict=True))


def _loaded_after(programs: tuple[str, ...], names: tuple[str, ...]) -> list[list[str]]:
    asks = f"import sys; print('loaded:', *(set({names!r}) & sys.modules.keys()))"
    lines = [line for program in programs for line in (program, asks)]
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    told = [line for line in ended.stdout.splitlines() if line.startswith("loaded:")]
    return [line.removeprefix("loaded:").split() for line in told]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_wired_without_grpc_and_without_heavy_libraries(name: str) -> None:
    assert loaded_for_each(WIRED, HEAVY)[name] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_loads_no_grpc_and_an_api_patches_no_sockets(name: str) -> None:
    """Each as its process loads it; that both refuse to start otherwise is shown beside the guards."""
    assert loaded_for_each(AS_WORKER, ("grpc",))[name] == []
    assert loaded_for_each(AS_API, ("eventlet", "nameko"))[name] == []


def test_a_worker_is_patched_before_anything_else_is_imported() -> None:
    module = ast.parse(Path(start.__file__).read_text("utf-8"))
    imports = [node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom)]

    assert [ast.unparse(node) for node in sorted(imports, key=lambda node: node.lineno)] == [
        "import sys",
        "import libs.worker.patch",
        "from services.command import line",
    ]


@pytest.mark.parametrize(
    ("words", "patched"),
    [(["cases", "worker", "--help"], True), (["cases", "server", "--help"], False), (["--help"], False)],
)
def test_only_the_process_of_a_worker_is_patched(words: list[str], patched: bool) -> None:
    program = (
        f"import sys; sys.argv = ['linli', *{words!r}]; from services.command.__main__ import main;"
        "assert main() == 0;"
        f"from libs.runtime.config import guards; assert guards.is_patched() == {patched}"
    )

    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "module", ["services.command.line", "services.command.call", "services.command.calling"]
)
def test_a_call_loads_nothing_that_only_servers_need(module: str) -> None:
    assert loaded(f"import {module}", NOT_FOR_A_CALL) == []


@pytest.mark.parametrize(
    "module", ["services.command.logging_in", "services.command.profile", "services.command.admin.perform"]
)
def test_an_administrators_command_loads_nothing_that_only_servers_need(module: str) -> None:
    assert loaded(f"import {module}", (*NOT_FOR_A_CALL, "keyring")) == []


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        (["admin", "--help"], ("grpc", "google.protobuf", "rich")),
        (["admin", "role", "--help"], ("grpc", "google.protobuf", "rich")),
        (["admin", "role", "grant", "--help"], ("grpc", "rich", "linli.catalog.v1", "linli.cases.v1")),
    ],
)
def test_help_for_administrators_loads_what_it_shows_and_no_client(
    words: list[str], lacking: tuple[str, ...]
) -> None:
    program = f"from services.command.line import run; run({words!r})"

    assert loaded(program, (*lacking, "keyring", *NOT_FOR_A_CALL)) == []


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("linli ad", ("grpc", "google.protobuf", "rich")),
        ("linli admin role gr", ("grpc", "google.protobuf", "rich")),
        ("linli admin role grant p-1 --role ROLE_", ("grpc", "rich", "linli.catalog.v1", "linli.cases.v1")),
        ("linli call cases.ListC", ("grpc", "rich")),
        ("linli call --pr", ("grpc", "rich")),
        ("linli login --pr", ("grpc", "google.protobuf", "rich")),
        ("linli profile us", ("grpc", "google.protobuf", "rich")),
        ("linli cases pa", ("grpc", "google.protobuf", "services.cases.wiring")),
    ],
)
def test_completion_loads_what_it_offers_and_no_client(line: str, lacking: tuple[str, ...]) -> None:
    told = {"_LINLI_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    program = f"import os; os.environ.update({told!r}); from services.command import line; line.main([])"

    assert loaded(program, (*lacking, "keyring", *NOT_FOR_A_CALL)) == []


def test_help_loads_no_service_and_no_grpc() -> None:
    program = "from services.command.line import run; run(['--help']); run(['cases', '--help'])"

    assert loaded(program, ("grpc", "google.protobuf", "services.cases.wiring", *NOT_FOR_A_CALL)) == []
