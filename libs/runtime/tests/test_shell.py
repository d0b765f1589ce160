"""The shell of a service: its roles start, refuse to start with a reason, and stop in order."""

import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from google.protobuf.message import Message
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context
from libs.messaging.inbox import Inbox
from libs.runtime.config.settings import Secret, setting
from libs.runtime.host import operate
from libs.runtime.host.opened import open_service
from libs.runtime.host.shell import in_a_sentence
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.processes import command, environ_of, ran
from libs.runtime.tests.running import MASTER_KEY, database_of, settings_for
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer


@dataclass(frozen=True)
class Needy:
    """Settings of a service that serves with a secret."""

    signing_key: Secret[str] = setting(doc="what only serving needs")


@pytest.fixture
def tally_database(postgres_server: TestServer) -> Iterator[str]:
    dsn = database_of(postgres_server, tally.SERVICE)
    yield dsn
    postgres_server.drop(dsn)


def test_migrate_makes_the_schema_once(database: str, tmp_path: Path) -> None:
    environ = environ_of(tmp_path, database)

    first, second = ran(environ, "counter", "migrate"), ran(environ, "counter", "migrate")

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith("counter: made ledger")
    assert second.stdout == "counter: nothing to do\n"


def test_a_role_refuses_a_database_without_schema(database: str, tmp_path: Path) -> None:
    refused = ran(environ_of(tmp_path, database), "counter", "server")

    assert refused.returncode == 1
    assert "-m libs.runtime.tests.example counter migrate`" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.process
def test_a_database_that_is_away_is_told_in_one_line_with_its_variable(tmp_path: Path) -> None:
    away = f"host={tmp_path} dbname=counter"

    refused = ran(environ_of(tmp_path, away), "counter", "api")

    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "linli counter: cannot reach the database of counter (LINLI_DATABASE_URL): "
    )
    assert refused.stderr.count("\n") == 1


@pytest.mark.process
def test_settings_that_lack_are_all_named(tmp_path: Path) -> None:
    environ = {**environ_of(tmp_path), "LINLI_MASTER_KEY": "", "LINLI_THREADS": "many"}

    refused = ran(environ, "counter", "server")

    assert refused.returncode == 1
    for variable in ("LINLI_DATABASE_URL", "LINLI_MASTER_KEY", "LINLI_THREADS"):
        assert variable in refused.stderr


@pytest.mark.parametrize("role", ["server", "api", "projector"])
def test_a_role_stops_in_order_when_told_to(role: str, tally_database: str, tmp_path: Path) -> None:
    environ = {**environ_of(tmp_path, tally_database), "LINLI_LOG_LEVEL": "info"}
    process = subprocess.Popen(command("tally", role), env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines: list[str] = []
    reading = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
    reading.start()
    eventually(
        lambda: any('"event": "ready"' in line for line in lines), "it says that it is ready", seconds=30
    )

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=patience.seconds(30)) == 0


def test_a_taken_port_is_told(tally_database: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        by_grpc = ran(
            {**environ_of(tmp_path, tally_database), "LINLI_GRPC_ADDRESS": address}, "tally", "server"
        )
        by_http = ran(
            {**environ_of(tmp_path, tally_database), "LINLI_HTTP_ADDRESS": address}, "tally", "server"
        )

    assert (by_grpc.returncode, by_http.returncode) == (1, 1)
    assert f"cannot listen on {address}" in by_grpc.stderr
    assert f"cannot listen on {address}" in by_http.stderr


def test_an_exporter_of_traces_that_is_not_installed_is_told(tally_database: str, tmp_path: Path) -> None:
    environ = environ_of(tmp_path, tally_database) | {"LINLI_TRACE_EXPORTER": "otlp-grpc"}

    refused = ran(environ, "tally", "server")

    assert refused.returncode == 1
    assert "LINLI_TRACE_EXPORTER: the trace exporter otlp-grpc needs the package" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_view_is_rebuilt_and_compared(
    tally_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environ_of(tmp_path, tally_database)
    service = open_service(tally.SERVICE, settings_for(tally_database), environ)
    for number in range(5):
        service.streams["tally"].handle("a", tally.Add(by=2, sequence=number), Context(actor="alice"))
    service.close()

    built = operate.rebuild_view(tally.SERVICE, "tallies", environ)
    compared = operate.rebuild_view(tally.SERVICE, "tallies", environ, compare=True)

    assert (built, compared) == (0, 0)
    assert "live and rebuilt are equal" in capsys.readouterr().out
    with psycopg.connect(tally_database) as connection:
        row = connection.execute(f"SELECT total, steps FROM {tally.Tallies().schema}.tallies").fetchone()
    assert row == (10, 5)


def test_the_master_key_is_rotated_while_the_service_runs(
    tally_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, told = MasterKey.generate().text(), environ_of(tmp_path, tally_database)
    with_both = {**told, "LINLI_MASTER_KEY": f"{new}\n{MASTER_KEY}"}
    service = open_service(tally.SERVICE, settings_for(tally_database), told)

    def said(environ: Mapping[str, str]) -> str:
        status = in_a_sentence(tally.SERVICE, lambda: operate.rotate_master_key(tally.SERVICE, environ))
        captured = capsys.readouterr()
        return captured.out if status == 0 else captured.err

    assert "only one master key: put the new one" in said(told)
    assert said(with_both) == (
        "tally: 1 of 1 keys wrapped anew\n"
        "tally: all keys are wrapped with the first master key (1 wrapped anew)\n"
    )
    assert said(with_both) == "tally: all keys are wrapped with the first master key (nothing to do)\n"
    assert "keep the old one as the second line" in said(told)
    service.streams.of(tally.TALLY).handle("a", tally.Add(by=2, sequence=1), Context(actor="alice"))
    service.close()
    open_service(tally.SERVICE, settings_for(tally_database, new), told).close()


def test_keys_are_mended_by_hand_or_only_counted(
    tally_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environ_of(tmp_path, tally_database)

    counted = operate.mend_keys(tally.SERVICE, environ, apply=False)
    mended = operate.mend_keys(tally.SERVICE, environ, apply=True)

    assert (counted, mended) == (0, 0)
    assert capsys.readouterr().out == (
        "tally: 0 persons can be read again, 0 are erased again, if run again with --apply\n"
        "tally: 0 persons can be read again, 0 are erased again\n"
    )


def test_parked_events_are_dealt_with_by_hand(
    tally_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environ_of(tmp_path, tally_database)
    service = open_service(tally.SERVICE, settings_for(tally_database), environ)
    event = counter.COUNTED(counter_id="a", by=tally.POISON)
    _hand_in(service.inbox(), event)
    service.close()

    def said(act: Callable[..., int], *about: int) -> str:
        in_a_sentence(tally.SERVICE, lambda: act(tally.SERVICE, *about, environ))
        captured = capsys.readouterr()
        return captured.out or captured.err

    assert "CANNOT_ADD" in said(operate.list_parked)
    assert '"counterId": "a"' in said(operate.show_parked, 1)
    assert "failed again: CANNOT_ADD" in said(operate.retry, 1)
    assert said(operate.discard, 1) == "discarded\n"
    assert said(operate.list_parked) == "nothing is parked\n"
    assert "no parked event 1" in said(operate.show_parked, 1)


def test_who_has_no_neighbours_needs_no_secrets_of_serving_to_say_what_is_parked(
    postgres_server: TestServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = replace(counter.SERVICE, settings=Needy)
    dsn = database_of(postgres_server, service)

    status = operate.list_parked(service, environ_of(tmp_path, dsn))

    postgres_server.drop(dsn)
    assert capsys.readouterr().out == "nothing is parked\n"
    assert status == 0


def _hand_in(inbox: Inbox, message: Message) -> None:
    source = "linli://test/counter"
    event = feed.Event(
        id="e1", source=source, type="linli.example.v1.Counted", subject="counter-a", sequence=1
    )
    event.data.Pack(message)
    inbox.handle(feed.Batch(source=source, after=0, until=1, events=[event]))
