"""The bundled PostgreSQL starts, is found again, recovers and stops, for root and for others."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from libs.runtime.bundled.postgres import EmbeddedPostgres, program
from libs.runtime.bundled.unprivileged import Account, PostgresFailed, account_for
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres

pytestmark = pytest.mark.store
ROOT = Path(__file__).parents[3]
START_AND_WAIT = (
    "import sys, time; from pathlib import Path; from libs.runtime.bundled.postgres import EmbeddedPostgres;"
    "server = EmbeddedPostgres(Path(sys.argv[1]), durable=False); server.start();"
    "print(server.pid(), server.ensure_database('kept'), flush=True); time.sleep(600)"
)
START_AND_STOP = START_AND_WAIT.replace("time.sleep(600)", "server.stop()")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that anybody may reach, not made yet."""
    parent = Path(tempfile.mkdtemp(prefix="linli-test-runtime-"))
    parent.chmod(0o777)
    folder = parent / "data"
    yield folder
    killed(folder)
    shutil.rmtree(parent, ignore_errors=True)


def server_at(data: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data, durable=False)


def killed(data: Path) -> None:
    """SIGKILL to the server in the folder, if one runs."""
    KillablePostgres(data).kill()


def remember(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def remembered(dsn: str) -> object:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT answer FROM kept").fetchone()


def platform(data: Path, program: str, *prefix: str) -> subprocess.Popen[str]:
    """Another process that starts the server over the folder."""
    command = [*prefix, sys.executable, "-c", program, str(data)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_data_outlives_a_stop(data: Path) -> None:
    first = server_at(data)
    first.start()
    remember(first.ensure_database("kept"))
    first.stop()
    first.stop()
    assert first.pid() is None

    second = server_at(data)
    second.start()

    assert remembered(second.ensure_database("kept")) == (42,)
    second.stop()


def test_a_server_that_outlived_its_killed_platform_is_taken_over(data: Path) -> None:
    with platform(data, START_AND_WAIT) as first:
        assert first.stdout is not None
        pid, dsn = first.stdout.readline().strip().split(" ", 1)
        remember(dsn)
        first.send_signal(signal.SIGKILL)

    server = server_at(data)
    server.start()

    assert server.pid() == int(pid)
    assert remembered(server.dsn("kept")) == (42,)
    server.stop()


def test_a_server_killed_with_its_platform_recovers(data: Path) -> None:
    server = EmbeddedPostgres(data)
    server.start()
    remember(server.ensure_database("kept"))

    killed(data)
    server._release()  # as the system does for a killed process
    again = EmbeddedPostgres(data)
    again.start()

    assert remembered(again.dsn("kept")) == (42,)
    again.stop()


def test_processes_that_outlive_their_killed_server_for_a_while_are_waited_for(data: Path) -> None:
    server = EmbeddedPostgres(data)
    server.start()
    remember(server.ensure_database("kept"))
    with psycopg.connect(server.dsn("kept")) as connection:
        slow = connection.info.backend_pid
        os.kill(slow, signal.SIGSTOP)
        os.kill(server.pid() or 0, signal.SIGKILL)
        server._release()
    threading.Timer(1.0, os.kill, (slow, signal.SIGCONT)).start()

    again = EmbeddedPostgres(data)
    again.start()

    assert remembered(again.dsn("kept")) == (42,)
    again.stop()


def test_a_server_that_lost_its_socket_is_started_again(data: Path) -> None:
    child = platform(data, START_AND_WAIT)
    line = child.stdout.readline() if child.stdout else ""
    dsn = line.partition(" ")[2].strip()
    remember(dsn)
    child.kill()
    child.wait()
    for socket in data.glob("postgres/.s.PGSQL.*"):
        socket.unlink()

    server = server_at(data)
    server.start()

    assert remembered(server.dsn("kept")) == (42,)
    server.stop()


def test_a_second_platform_is_refused_and_told_who_is_there(data: Path) -> None:
    first = server_at(data)
    first.start()

    with pytest.raises(
        PostgresFailed, match=f"in use by another Linli .process {os.getpid()}.: stop that one"
    ):
        server_at(data).start()

    with psycopg.connect(first.dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    first.stop()


def test_the_number_of_a_dead_server_may_be_anybodys_by_now(data: Path) -> None:
    server = server_at(data)
    server.start()
    server.stop()
    (data / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{data}/postgres\n1\n5432\n{data}\n\n\n"
    )

    assert server.pid() is None
    server.start()
    server.stop()


def test_a_set_up_that_was_cut_short_begins_anew(data: Path) -> None:
    (data / "postgres.new").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")

    server = server_at(data)
    server.start()

    assert not (data / "postgres.new").exists()
    server.stop()


def test_data_of_another_major_version_is_refused(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(PostgresFailed, match="by PostgreSQL 12, but this Linli bundles 18: dump it"):
        server_at(data).start()


def test_a_cluster_that_was_deleted_is_missed_and_not_made_anew(data: Path) -> None:
    server = server_at(data)
    server.start()
    server.stop()
    shutil.rmtree(server.cluster)

    with pytest.raises(PostgresFailed, match=f"{server.cluster} is missing, and with it all data"):
        server_at(data).start()

    assert not server.cluster.exists()


def test_a_cluster_that_is_damaged_is_named(data: Path) -> None:
    server = server_at(data)
    server.cluster.mkdir(parents=True)
    (server.cluster / "PG_VERSION").touch()

    with pytest.raises(PostgresFailed, match=f"{server.cluster} is damaged"):
        server.start()


def test_a_data_folder_that_cannot_be_is_refused(data: Path) -> None:
    data.write_text("a file")

    with pytest.raises(PostgresFailed, match=r"cannot use .* as data folder"):
        server_at(data).start()


def test_a_server_that_cannot_start_says_what_its_log_says(data: Path) -> None:
    server = server_at(data)
    server.start()
    server.stop()
    (data / "postgres" / "global" / "pg_control").unlink()

    with pytest.raises(PostgresFailed, match=r"did not start \(log: .*(?s:.*)pg_control"):
        server.start()


@pytest.mark.parametrize("name", ["with 'quotes' and spaces", "邻里", "long-" * 25])
def test_any_path_will_do(data: Path, name: str) -> None:
    server = server_at(data / name)
    server.start()

    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    killed(data / name)


def test_a_path_in_chinese_will_do_in_a_locale_that_knows_ascii_only(data: Path) -> None:
    ascii_only = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", START_AND_STOP, str(data / "邻里")]

    ended = subprocess.run(
        command, env=ascii_only, cwd=ROOT, capture_output=True, text=True, timeout=patience.seconds(120)
    )

    assert ended.returncode == 0, ended.stderr


def test_a_folder_that_cannot_be_written_is_named(data: Path) -> None:
    data.mkdir(mode=0o500)
    as_a_user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    command = [*as_a_user, sys.executable, "-c", START_AND_STOP, str(data)]

    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience.seconds(120))

    assert f"PostgresFailed: cannot use {data} as data folder: Permission denied" in refused.stderr


def test_it_is_durable_and_deaf_to_the_network(killable_postgres: KillablePostgres) -> None:
    def setting(name: str) -> str:
        with psycopg.connect(killable_postgres.dsn()) as connection:
            row = connection.execute(f"SHOW {name}").fetchone()
        assert row is not None
        return str(row[0])

    assert [setting(name) for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
        "on",
        "on",
        "on",
    ]
    assert setting("listen_addresses") == ""
    assert int(setting("max_connections")) >= 100
    assert setting("server_encoding") == "UTF8"


def test_only_its_owner_gets_in(data: Path) -> None:
    server = server_at(data)
    server.start()

    assert (data / "postgres").stat().st_mode & 0o077 == 0
    server.stop()


def test_an_interrupt_from_the_keyboard_is_not_for_the_server(data: Path) -> None:
    server = server_at(data)
    server.start()

    pid = server.pid()
    assert pid is not None
    assert os.getpgid(pid) != os.getpgid(0)
    server.stop()


def test_an_ordinary_user_may_run_it(data: Path) -> None:
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()

    with platform(data, START_AND_STOP, *prefix) as ended:
        said, complaint = ended.communicate(timeout=patience.seconds(60))

    assert ended.returncode == 0, complaint
    assert said


def test_a_folder_that_only_its_owner_enters_will_do(data: Path) -> None:
    data.parent.chmod(0o700)

    server = server_at(data)
    server.start()

    with psycopg.connect(server.ensure_database("kept")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert data.parent.stat().st_mode & 0o777 == 0o700
    server.stop()


def test_programs_in_a_folder_that_only_its_owner_enters_will_do(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data.parent / "closed"
    wheel = program("initdb").parents[2]
    for part in wheel.parent.glob(f"{wheel.name}*"):  # and the libraries that lie beside it
        shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)
    here = closed / program("initdb").parent.relative_to(wheel.parent)
    monkeypatch.setattr("libs.runtime.bundled.postgres.program", lambda name: here / name)

    server = server_at(data)
    server.start()

    with psycopg.connect(server.ensure_database("kept")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def test_who_cannot_enter_a_folder_is_told_which_and_what_to_do(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.mkdir()
    closed = data.parent / "closed"
    closed.mkdir(mode=0o600)
    no = subprocess.CompletedProcess([], 1, "")
    monkeypatch.setattr("libs.runtime.bundled.unprivileged.os.geteuid", lambda: 0)
    monkeypatch.setattr(Account, "run", lambda *_, **__: no)  # a root that may pass no closed folder

    with pytest.raises(PostgresFailed, match=rf"may not access {closed}: run `chmod o\+x {closed}`, or"):
        account_for(data, closed / "postgres")


def test_connections_of_a_killed_platform_end_soon(data: Path) -> None:
    with platform(data, START_AND_WAIT.replace("time.sleep", LOCK_AND_SLEEP)) as first:
        assert first.stdout is not None
        _, dsn = first.stdout.readline().strip().split(" ", 1)
        first.send_signal(signal.SIGKILL)

    server = server_at(data)
    server.start()

    def free() -> bool:
        with psycopg.connect(dsn) as connection:
            return connection.execute("SELECT pg_try_advisory_lock(7)").fetchone() == (True,)

    eventually(free)
    server.stop()


LOCK_AND_SLEEP = (
    "import psycopg; held = psycopg.connect(server.dsn('kept'), autocommit=True);"
    "held.execute('SELECT pg_advisory_lock(7)'); held.execute('SELECT pg_sleep(300)');  print"
)
