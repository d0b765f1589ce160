"""A process says which of its connections others could read along, or refuses to start with them."""

from pathlib import Path
from typing import Any

import pytest

from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.exposed import check_connections, exposed

HERE = {
    "database_url": Secret("postgresql://linli@127.0.0.1/cases"),
    "broker_url": Secret("amqp://linli:x@localhost/demo"),
    "keys_url": "http://127.0.0.1:7480/keys.json",
    "grpc_address": "127.0.0.1:7400",
    "http_address": "[::1]:7480",
}
VERIFIED = {
    "database_url": Secret("postgresql://linli@db/cases?sslmode=verify-full"),
    "broker_url": Secret("amqps://linli:x@rabbit/demo"),
    "keys_url": "https://identity/keys.json",
    "grpc_address": "0.0.0.0:7400",
    "http_address": "0.0.0.0:7480",
    "tls_cert": Path("cert.pem"),
    "tls_key": Path("key.pem"),
}
OPEN = {
    "database_url": Secret("host=db,127.0.0.1 user=linli password=hunter2"),
    "broker_url": Secret("amqp://linli:hunter2@rabbit/demo"),
    "keys_url": "http://identity:7480/keys.json",
    "grpc_address": "0.0.0.0:7400",
    "http_address": "0.0.0.0:7480",
}


@pytest.fixture(autouse=True)
def _no_libpq_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def told(settings: dict[str, Any], *, serves: bool = True) -> list[str]:
    return list(exposed(made(settings), serves=serves))


def made(settings: dict[str, Any]) -> Settings:
    return Settings(master_key=Secret("k"), **settings)


@pytest.mark.parametrize("settings", [HERE, VERIFIED])
def test_what_stays_here_or_is_verified_needs_no_word(settings: dict[str, Any]) -> None:
    assert told(settings) == []


def test_each_open_connection_is_named_with_its_remedy_and_without_its_password() -> None:
    database, broker, keys, grpc, http = told(OPEN)

    assert "PostgreSQL at db to whoever answers in its name (sslmode=prefer)" in database
    assert "sslmode=verify-full" in database
    assert "RabbitMQ at rabbit in the clear: use amqps://" in broker
    assert "https:// in LINLI_KEYS_URL" in keys
    assert "gRPC on 0.0.0.0:7400 takes tokens and answers in the clear: give LINLI_TLS_CERT" in grpc
    assert "HTTP on 0.0.0.0:7480 gives /keys.json, metrics and probes in the clear" in http
    assert "hunter2" not in f"{database}{broker}{keys}{grpc}{http}"


def test_who_serves_nothing_hears_nothing_of_serving() -> None:
    assert len(told(OPEN, serves=False)) == 2


@pytest.mark.parametrize("exporter", ["otlp", "otlp-grpc"])
def test_traces_that_leave_the_machine_in_the_clear_are_told(exporter: str) -> None:
    away = {**HERE, "trace_exporter": exporter, "trace_endpoint": "http://collector:4318/v1/traces"}

    [traces] = told(away, serves=False)

    assert "traces go to collector in the clear" in traces
    assert "https:// in LINLI_TRACE_ENDPOINT" in traces
    with pytest.raises(CannotStart, match="LINLI_TRACE_ENDPOINT"):
        check_connections(made(away), serves=False)


@pytest.mark.parametrize("endpoint", ["", "http://localhost:4318/v1/traces", "https://collector/v1/traces"])
def test_traces_that_stay_here_or_are_enciphered_need_no_word(endpoint: str) -> None:
    assert told({**HERE, "trace_exporter": "otlp", "trace_endpoint": endpoint}) == []


def test_a_socket_in_a_folder_stays_here() -> None:
    assert told({**HERE, "database_url": Secret("host=/run/postgresql dbname=cases")}) == []


def test_what_libpq_takes_from_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db")
    unnamed = {**HERE, "database_url": Secret("dbname=cases")}

    before = told(unnamed)
    monkeypatch.setenv("PGSSLMODE", "verify-full")

    assert len(before) == 1
    assert told(unnamed) == []


@pytest.mark.parametrize("port", ["grpc_address", "http_address"])
@pytest.mark.parametrize("address", ["0.0.0.0:7400", "[::]:7400", "10.0.0.7:7400", "identity:7400"])
def test_a_server_beyond_this_machine_refuses_to_start_without_tls_and_names_both_ways_out(
    port: str, address: str
) -> None:
    with pytest.raises(CannotStart) as refused:
        check_connections(made({**HERE, port: address}), serves=True)

    assert "give LINLI_TLS_CERT and LINLI_TLS_KEY" in str(refused.value)
    assert "set LINLI_REQUIRE_TLS=no if the network is trusted" in str(refused.value)
    assert address in str(refused.value)


def test_all_open_connections_are_refused_at_once() -> None:
    with pytest.raises(CannotStart) as refused:
        check_connections(made(OPEN), serves=True)

    assert len(str(refused.value).splitlines()) == 7


@pytest.mark.parametrize("serves", [True, False])
def test_or_only_logged_where_the_network_is_trusted(serves: bool, caplog: pytest.LogCaptureFixture) -> None:
    check_connections(made({**OPEN, "require_tls": False}), serves=serves)

    assert len([line for line in caplog.messages if '"logger": "tls"' in line]) == (5 if serves else 2)


@pytest.mark.parametrize("settings", [HERE, VERIFIED])
def test_who_needs_no_tls_or_has_it_starts(settings: dict[str, Any]) -> None:
    check_connections(made(settings), serves=True)
