"""A process that is not ready says what it waits for, in words that an operator can act on."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import grpc
import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from psycopg.conninfo import conninfo_to_dict

from libs.ledger.recorded import Context
from libs.runtime.host.opened import open_service
from libs.runtime.host.readiness import UseOfViews, checks_of
from libs.runtime.tests.example import tally
from libs.runtime.tests.running import database_of, settings_for
from libs.telemetry.metrics import exposition
from libs.testkit import patience
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer, make_read_only, make_writable

pytestmark = pytest.mark.store

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@contextmanager
def serving(server: TestServer) -> Iterator[tuple[Component, str]]:
    """The tally over its real wire, and its database, which takes writes again at the end."""
    dsn = database_of(server, tally.SERVICE)
    try:
        with component(server, tally.SERVICE, dsn=dsn) as running:
            yield running, dsn
    finally:
        server.drop(dsn)


def readyz(running: Component) -> tuple[int, dict[str, str]]:
    where = f"http://127.0.0.1:{running.host.http_port}/readyz"
    try:
        with urllib.request.urlopen(where, timeout=patience.seconds(5)) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def health(running: Component, service: str = "") -> int:
    with grpc.insecure_channel(running.address) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=patience.seconds(5))
    return int(answer.status)


def test_readiness_and_health_ask_whether_events_can_be_appended_and_agree(
    postgres_server: TestServer,
) -> None:
    with serving(postgres_server) as (running, dsn):
        tallies = running.opened.parts.apis[0].descriptor.full_name
        eventually(lambda: readyz(running)[0] == 200, "it is ready")
        assert (health(running), health(running, tallies)) == (SERVING, SERVING)

        make_read_only(dsn)
        eventually(lambda: "read-only" in readyz(running)[1]["tally.ledger"], "it says why")
        assert readyz(running)[0] == 503
        assert (health(running), health(running, tallies)) == (NOT_SERVING, NOT_SERVING)

        make_writable(dsn)
        eventually(lambda: readyz(running)[0] == 200, "it is ready again, untouched")
        eventually(lambda: health(running) == health(running, tallies) == SERVING, "so says its health")


def test_the_state_of_the_key_set_is_told_beside_readiness(postgres_server: TestServer) -> None:
    with serving(postgres_server) as (running, _):
        eventually(lambda: readyz(running)[1]["keys"] == "ok", "it has followed the key set")

        ages = [
            line for line in exposition().decode().splitlines() if line.startswith("linli_keys_age_seconds ")
        ]

        assert [float(line.split()[1]) >= 0 for line in ages] == [True]


def test_who_watches_health_hears_of_it(postgres_server: TestServer) -> None:
    with serving(postgres_server) as (running, dsn), grpc.insecure_channel(running.address) as channel:
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        while next(watching).status != SERVING:
            pass

        make_read_only(dsn)

        assert next(watching).status == NOT_SERVING
        make_writable(dsn)
        assert next(watching).status == SERVING
        watching.cancel()


def test_a_database_that_is_gone_is_named(postgres_server: TestServer) -> None:
    dsn = database_of(postgres_server, tally.SERVICE)
    service = open_service(tally.SERVICE, settings_for(dsn), {}, listen=False)
    check = checks_of([service], views="none")["tally.ledger"]
    before = check()

    postgres_server.drop(dsn)
    after = check()
    service.close()
    closed = check()

    database = f"the PostgreSQL database {conninfo_to_dict(dsn)['dbname']}"
    assert before == ""
    assert after.startswith(database)
    assert "does not answer" in after
    assert closed.startswith(database)
    assert "PoolClosed" not in closed


def test_its_password_is_not_told(postgres_server: TestServer) -> None:
    dsn = database_of(postgres_server, tally.SERVICE)
    with_password = psycopg.conninfo.make_conninfo(dsn, password="opensesame")
    service = open_service(tally.SERVICE, settings_for(with_password), {}, listen=False)

    service.close()

    assert "opensesame" not in checks_of([service], views="none")["tally.ledger"]()
    postgres_server.drop(dsn)


class Newer(tally.Tallies):
    """The view as the next release has it."""

    version = tally.Tallies.version + 1


@pytest.mark.parametrize("use", ["read", "folded"])
def test_a_process_of_a_new_release_is_ready_when_its_views_are_built(
    postgres_server: TestServer, use: UseOfViews
) -> None:
    dsn = database_of(postgres_server, tally.SERVICE)
    old = open_service(tally.SERVICE, settings_for(dsn), {}, listen=False)
    old.streams["tally"].handle("a", tally.Add(by=2, sequence=1), Context(actor="alice"))
    new = open_service(replace(tally.SERVICE, views=(Newer(),)), settings_for(dsn), {}, listen=False)
    ready = checks_of([new], views=use)["tally.views"]

    before = ready()
    new.projector.start()
    eventually(lambda: ready() == "")
    new.projector.close()
    for service in (old, new):
        service.close()

    assert before == ("building tallies (by a projector)" if use == "read" else "starting")
    assert "tally.views" not in checks_of([new], views="none")
    postgres_server.drop(dsn)
