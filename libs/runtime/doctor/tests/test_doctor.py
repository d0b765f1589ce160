"""Each broken thing is named in plain words, with what mends it; what is well is not blamed."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import amqp
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import utc_now
from libs.messaging import topology
from libs.messaging.broker import Broker, BrokerSettings, close, declare, declare_queue, open_channel
from libs.messaging.tests.town import ALICE, SOURCE
from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import root_of, signed
from libs.runtime.doctor.database import clock_finding, full, unreached
from libs.runtime.doctor.examine import Examination, Patient
from libs.runtime.doctor.exchange import broker_version
from libs.runtime.doctor.finding import Finding, Looking, report, status
from libs.runtime.doctor.lasting import lasting_finding
from libs.runtime.doctor.machine import disk_finding
from libs.runtime.doctor.processes import look_at_process
from libs.runtime.host.opened import OpenService
from libs.runtime.host.parts import Lasting
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import MASTER_KEY, opened
from libs.telemetry.http import Endpoint
from libs.testkit.certificates import Authority
from libs.testkit.postgres import TestServer, make_read_only, make_writable
from libs.testkit.rabbit import RabbitServer

IN = Looking("cases")
GIB = 1024**3


@pytest.fixture
def services(postgres_server: TestServer) -> Iterator[list[OpenService]]:
    """A counter, and a tally that has heard of it."""
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as made:
        made[0].streams["counter"].handle("a", counter.Count(by=1), ALICE)
        made[1].inbox().handle(made[0].source.batch(0))
        yield made


def environ(service: OpenService, **more: str) -> dict[str, str]:
    return {
        "LINLI_DATABASE_URL": service.settings.database_url.reveal(),
        "LINLI_MASTER_KEY": MASTER_KEY,
        **{f"LINLI_{name.upper()}": value for name, value in more.items()},
    }


def found(services: Sequence[OpenService], about: str, **more: str) -> list[Finding]:
    """What is found about one thing in the last of the services."""
    patients = [Patient(service=s.service, environ=environ(s, **more)) for s in services]
    name = services[-1].name
    return [f for f in Examination(patients).findings() if (f.service, f.about) == (name, about)]


def broken(services: Sequence[OpenService], about: str, **more: str) -> str:
    (finding,) = [each for each in found(services, about, **more) if each.state != "ok"]
    assert finding.state == "broken"
    assert finding.do
    return f"{finding.says} -> {finding.do}"


def test_a_healthy_service_is_told_so(services: list[OpenService]) -> None:
    patients = [
        Patient(service=s.service, environ=environ(s), broker=False, folders=[Path("/")]) for s in services
    ]

    findings = list(Examination(patients).findings())

    states = {(each.service, each.about): each.state for each in findings}
    assert states["tally", "database"] == states["counter", "database"] == "ok"
    assert states["tally", "reads counter"] == states["tally", "parked"] == "ok"
    assert (
        status(each for each in findings if each.about not in {"safety", "key store", "disk", "views"}) == 0
    )
    assert MASTER_KEY not in "\n".join(report(findings))


def test_a_database_that_is_down_is_named_without_its_password(services: list[OpenService]) -> None:
    told = broken(services, "database", database_url="postgresql://cases:hush@127.0.0.1:1/cases")

    assert "PostgreSQL database cases at 127.0.0.1 does not answer" in told
    assert "and PostgreSQL running there?" in told
    assert "hush" not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('FATAL:  password authentication failed for user "cases"', "refuses the password"),
        ("fe_sendauth: no password supplied", "refuses the password"),
        ('FATAL:  database "cases" does not exist', "has no such database"),
        ("Connection refused. Is the server running on that host", "does not answer"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "refuses the role"),
        ("FATAL:  sorry, too many clients already", "has no connection left"),
        ("FATAL:  the database system is starting up", "is starting up"),
        ('FATAL:  role "linli_cases" does not exist', "refuses the role"),
        ('root certificate file "/etc/linli/postgresql/ca.crt" does not exist', "no file with its authority"),
        ("SSL error: certificate verify failed", "a certificate that cannot be verified"),
        ('server certificate for "a" does not match host name "b"', "a certificate that cannot be verified"),
        ("server does not support SSL, but SSL was required", "speaks no TLS"),
    ],
)
def test_each_way_of_not_getting_in_has_a_remedy_of_its_own(words: str, told: str) -> None:
    finding = unreached(IN, "the database", psycopg.OperationalError(f"connection failed: {words}"))

    assert told in finding.says
    assert finding.do


def test_a_database_that_is_gone_is_restored_and_not_begun_anew_in_haste(services: list[OpenService]) -> None:
    dsn = make_conninfo(services[-1].settings.database_url.reveal(), dbname="linli_gone")

    told = broken(services, "database", database_url=dsn)

    assert "PostgreSQL database linli_gone" in told
    assert "has no such database -> restore its last backup" in told
    assert "OPERATING.md, A database is gone" in told
    assert "linli tally migrate" not in told


def test_the_disk_of_postgresql_is_tried_unless_its_settings_forbid(services: list[OpenService]) -> None:
    assert [each.state for each in found(services, "database's disk")] == ["ok"]
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        name = psycopg.sql.Identifier(str(owner.info.dbname))
        owner.execute(psycopg.sql.SQL("ALTER DATABASE {} SET temp_file_limit = '1MB'").format(name))
    assert found(services, "database's disk") == []


def test_a_disk_on_which_postgresql_can_write_no_more_is_told_before_it_stops() -> None:
    finding = full(IN, psycopg.errors.DiskFull("could not write to file: No space left on device"))

    assert finding.state == "broken"
    assert "PostgreSQL has no room left for 32 MiB (could not write to file" in finding.says
    assert "OPERATING.md, PostgreSQL's disk is full" in finding.do


def test_a_schema_of_an_older_release_asks_for_migrate(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("DELETE FROM linli_schema WHERE step = (SELECT max(step) FROM linli_schema)")

    assert "run `linli tally migrate`" in broken(services, "schema")


def test_a_type_of_event_that_nobody_has_registered_asks_for_migrate(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("DELETE FROM event_types")

    told = broken(services, "schema")

    assert "are not registered" in told
    assert "run `linli tally migrate`" in told


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("DROP TABLE parked")

    told = broken(services, "views and sources")

    assert 'could not be looked at to the end (UndefinedTable: relation "parked" does not exist' in told
    assert found(services, "views")
    assert found(services, "broker")


def test_what_was_found_is_told_before_the_next_look() -> None:
    def looks() -> Iterator[Finding]:
        yield IN.ok("clock", "agrees")
        raise AssertionError("the first finding was not told before the next look")

    told = report(looks())

    assert [next(told), next(told).split()] == ["cases", ["clock", "ok", "agrees"]]


def test_a_server_that_has_become_read_only_is_told(services: list[OpenService]) -> None:
    dsn = services[-1].settings.database_url.reveal()
    make_read_only(dsn)
    try:
        assert "is read-only: it takes no events" in broken(services, "database")
    finally:
        make_writable(dsn)


def test_a_role_without_rights_asks_for_migrate_as_the_owner(
    services: list[OpenService], postgres_server: TestServer
) -> None:
    dsn = services[-1].settings.database_url.reveal()
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS linli_stranger")
        owner.execute("CREATE ROLE linli_stranger LOGIN")
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    stranger = postgres_server.server.dsn(str(name), "linli_stranger")

    found_about = [*found(services, "database", database_url=stranger)]
    found_about += found(services, "schema", database_url=stranger)

    (finding,) = [each for each in found_about if each.state == "broken"]
    assert "LINLI_RUNTIME_ROLE=linli_stranger" in finding.do


def test_another_master_key_is_told(services: list[OpenService]) -> None:
    services[-1].ledger.keys.digest("warm", "up")

    told = broken(services, "master key", master_key=MasterKey.generate().text())

    assert "LINLI_MASTER_KEY must hold the key of this installation" in told


def test_looking_at_keys_makes_none(services: list[OpenService]) -> None:
    dsn = services[-1].settings.database_url.reveal()
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("DELETE FROM subject_keys")

        found(services, "master key", master_key=MasterKey.generate().text())

        assert owner.execute("SELECT count(*) FROM subject_keys").fetchone() == (0,)


def test_a_key_store_that_is_not_there_is_told_and_not_made(
    services: list[OpenService], tmp_path: Path
) -> None:
    folder = tmp_path / "keys"

    told = broken(services, "key store", key_store=folder.as_uri())

    assert f"there is no folder {folder}" in told
    assert not folder.exists()


def test_settings_that_are_wrong_are_all_told(services: list[OpenService]) -> None:
    told = found(services, "settings", drain="soon", threads="many")

    assert [each.state for each in told] == ["broken", "broken"]
    assert {each.says.partition(":")[0] for each in told} == {"LINLI_DRAIN", "LINLI_THREADS"}


def test_parked_events_are_counted_and_their_command_named(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute(
            "INSERT INTO parked (source, sequence, subject, type, event, error, tries)"
            " VALUES (%s, 9, 'counter-a', 'x', '', 'broke', 3)",
            [SOURCE],
        )

    assert "1 events about 1 subjects" in broken(services, "parked")
    assert "`linli tally parked list`" in broken(services, "parked")


def test_a_consumer_that_stopped_because_its_source_has_another_history_is_told(
    services: list[OpenService],
) -> None:
    with psycopg.connect(services[0].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("UPDATE stored_events SET chain = 'another history'")

    assert f"`linli tally sources reconcile {SOURCE} POSITION`" in broken(services, "reads counter")


def test_a_consumer_that_is_ahead_of_a_restored_source_is_told(services: list[OpenService]) -> None:
    with psycopg.connect(services[0].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("DELETE FROM stored_events")

    told = broken(services, "reads counter")

    assert "has another history" in told
    assert f"and ends at 0) -> `linli tally sources reconcile {SOURCE} 0`" in told


def test_a_consumer_that_does_not_begin_is_told(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("DELETE FROM notification_tracking")

    [finding] = found(services, "reads counter")

    assert (finding.state, finding.says) == ("soon", "nothing is handled of 1")
    assert "restart the worker of tally" in finding.do


def test_a_consumer_that_is_far_behind_its_source_is_told(services: list[OpenService]) -> None:
    with psycopg.connect(services[0].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("UPDATE stored_events SET notification_id = notification_id + 5000")

    told = broken(services, "reads counter")

    assert "5,000 positions behind: it has no effect here yet" in told
    assert "are the relay of counter and the worker of tally up?" in told


def test_views_that_are_far_behind_their_ledger_are_told(services: list[OpenService]) -> None:
    with psycopg.connect(services[-1].settings.database_url.reveal(), autocommit=True) as owner:
        owner.execute("UPDATE view_position SET ready = true")
        owner.execute("UPDATE stored_events SET notification_id = notification_id + 5000")

    told = broken(services, "views")

    assert "positions behind the ledger: answers are out of date" in told
    assert "is a projector or server of tally up?" in told


def test_a_broker_of_an_old_release_is_told() -> None:
    finding = broker_version(IN, "rabbit/town", {"version": "3.8.34"})

    assert (finding.state, finding.says) == ("broken", "RabbitMQ 3.8.34 at rabbit/town is too old")
    assert finding.do == "upgrade to 3.10 or newer"


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0.0, "ok"), (0.9, "ok"), (1.5, "soon"), (-1.5, "soon"), (30.0, "broken"), (-30.0, "broken")],
)
def test_a_skewed_clock_is_told_before_and_when_it_hurts(seconds: float, state: str) -> None:
    now = utc_now()

    finding = clock_finding(IN, now, now - timedelta(seconds=seconds), now)

    assert finding.state == state
    assert ("NTP" in finding.do) == (state != "ok")


@pytest.mark.parametrize(("free", "state"), [(50.0, "ok"), (8.0, "soon"), (2.0, "broken"), (0.2, "broken")])
def test_a_disk_is_told_before_it_is_full(free: float, state: str) -> None:
    assert disk_finding(IN, Path("/data"), 100 * GIB, int(free * GIB)).state == state


def test_a_certificate_near_its_end_is_told_and_one_that_does_not_fit(
    services: list[OpenService], tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    one, other = authority.sign("one", "127.0.0.1"), authority.sign("other", "127.0.0.1")

    near = found(services, "certificate", tls_cert=str(one.certificate), tls_key=str(one.key))
    unfit = found(services, "certificate", tls_cert=str(one.certificate), tls_key=str(other.key))

    assert [each.state for each in near] == ["broken"]
    assert "(LINLI_TLS_CERT) ends in" in near[0].says
    assert "must be a certificate chain and its key" in unfit[0].says


def test_a_key_set_that_is_away_or_stale_is_told(services: list[OpenService], tmp_path: Path) -> None:
    file, secret = tmp_path / "keys.json", SigningKey.generate()

    def publish(age: float) -> None:
        key_set = signed({"keys": [secret.jwk]}, root_of(secret), utc_now() - timedelta(seconds=age))
        file.write_text(json.dumps(key_set), "utf-8")

    assert "cannot be had from LINLI_KEYS_URL" in broken(services, "key set", keys_url=file.as_uri())
    publish(0)
    assert [each.state for each in found(services, "key set", keys_url=file.as_uri())] == ["ok"]
    publish(200)
    assert [each.state for each in found(services, "key set", keys_url=file.as_uri())] == ["soon"]
    publish(4_000)
    assert "privileged scopes are refused" in broken(services, "key set", keys_url=file.as_uri())


def test_a_relay_key_that_identity_does_not_publish_is_told(
    services: list[OpenService], tmp_path: Path
) -> None:
    file, secret = tmp_path / "keys.json", SigningKey.generate()
    file.write_text(json.dumps(signed({"keys": [secret.jwk]}, root_of(secret), utc_now())), "utf-8")

    told = broken(
        services, "relay key", keys_url=file.as_uri(), relay_key=SigningKey.generate().pem().decode()
    )

    assert "consumers refuse every batch" in told


def test_a_broker_that_is_down_is_told(services: list[OpenService]) -> None:
    told = broken(services, "broker", broker_url="amqp://cases:hush@127.0.0.1:1/demo")

    assert "nobody listens at 127.0.0.1:1/demo" in told
    assert "make it reachable: OPERATING.md, RabbitMQ is away" in told
    assert "topology" not in told
    assert "hush" not in told


def test_a_broker_that_lets_us_in_is_told(services: list[OpenService], broker: str) -> None:
    assert [each.state for each in found(services, "broker", broker_url=broker)] == ["ok"]
    assert "nobody has declared relay.tally" in found(services, "broker rights", broker_url=broker)[0].says
    declare_queues(broker)
    assert [each.state for each in found(services, "broker rights", broker_url=broker)] == ["ok"]


def test_looking_at_the_broker_declares_nothing_that_is_missing(
    services: list[OpenService], broker: str
) -> None:
    connection = Broker(BrokerSettings(url=broker)).connect()
    for queue in (topology.requests("tally"), topology.subscription("tally", "counter")):
        declare_queue(open_channel(connection), queue)

    (finding,) = found(services, "broker rights", broker_url=broker)

    assert (finding.state, finding.says) == ("soon", "nobody has declared the exchange linli.events yet")
    with pytest.raises(amqp.NotFound):
        open_channel(connection).exchange_declare(topology.EXCHANGE, "topic", passive=True)
    close(connection)


def test_a_user_without_rights_on_the_broker_is_told(
    services: list[OpenService], broker: str, rabbit_server: RabbitServer
) -> None:
    declare_queues(broker)
    users = {"stranger": topology.rights("stranger", [])}
    (limited,) = rabbit_server.node.admit(users, urlsplit(broker).path.removeprefix("/")).values()

    told = broken(services, "broker rights", broker_url=limited)

    assert "may not declare relay.tally" in told
    assert "`linli topology --permissions VHOST`" in told


def test_a_process_that_is_not_ready_is_told_with_its_reason() -> None:
    endpoint = Endpoint(checks={"cases.ledger": lambda: "the database takes no events"})
    endpoint.start()
    try:
        findings = list(looked_at(f"http://127.0.0.1:{endpoint.port}"))
    finally:
        endpoint.stop()

    assert [each.state for each in findings] == ["broken"]
    assert "not ready: cases.ledger: the database takes no events" in findings[0].says


def test_every_process_behind_a_name_is_asked_and_says_whose_it_is() -> None:
    endpoint = Endpoint(checks={"cases.ledger": lambda: "", "process": lambda: ""})
    endpoint.start()
    try:
        findings = list(Examination([], everywhere=[f"http://localhost:{endpoint.port}"]).findings())
    finally:
        endpoint.stop()

    told = {each.says for each in findings if each.state == "ok"}
    assert told == {f"http://127.0.0.1:{endpoint.port} is ready (cases)"}
    assert {each.service for each in findings} == {"all processes"}


def test_a_name_behind_which_no_process_runs_is_told() -> None:
    [finding] = Examination([], everywhere=["http://linli-metrics.invalid:7480"]).findings()

    assert finding.state == "broken"
    assert "linli-metrics.invalid has no address" in finding.says
    assert "does no process run at all?" in finding.do


def test_a_process_that_does_not_answer_and_one_of_another_release_are_told() -> None:
    with other_release() as url:
        mixed = [each.says for each in looked_at(url) if each.about == "release"]

    assert "nothing answers at http://127.0.0.1:1" in next(iter(looked_at("http://127.0.0.1:1"))).says
    assert "runs release 0.0.1" in mixed[0]


@pytest.mark.parametrize(
    ("states", "code"), [(["ok"], 0), (["ok", "unseen"], 0), (["ok", "soon"], 3), (["soon", "broken"], 1)]
)
def test_the_exit_status_says_what_it_comes_to(states: list[str], code: int) -> None:
    findings = [Finding(service="cases", about="x", state=state, says="", do="") for state in states]  # type: ignore[arg-type]

    assert status(findings) == code
    assert ("All is well" in "\n".join(report(findings))) == (code == 0)


def declare_queues(url: str) -> None:
    """What relay and worker of the tally declare when they start."""
    connection = Broker(BrokerSettings(url=url)).connect()
    for queue in (topology.requests("tally"), topology.subscription("tally", "counter")):
        declare(open_channel(connection), queue)
    close(connection)


@contextmanager
def other_release() -> Iterator[str]:
    """A process of a release of long ago, as its probes answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                b'linli_build_info{python="3.11",version="0.0.1"} 1.0\n' if self.path == "/metrics" else b"{}"
            )
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
            """It is no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def looked_at(url: str) -> Iterator[Finding]:
    return look_at_process(IN, url)


def test_a_view_that_another_release_was_building_is_not_held_against_a_service(
    services: list[OpenService],
) -> None:
    with services[-1].ledger.connection() as connection:
        connection.execute("UPDATE view_position SET ready = true")
        connection.execute(
            "INSERT INTO view_position VALUES ('view_tallies_00000000', 'tallies', 0, 1, false)"
        )

    (finding,) = found(services, "views")

    assert finding.state == "ok"


def test_what_does_not_say_until_when_it_is_known_is_to_be_watched() -> None:
    days = Lasting(what="the holidays of the calendar office", until=None, do="import the next year")

    finding = lasting_finding(IN, days, date(2026, 10, 31))

    assert (finding.state, finding.do) == ("soon", "import the next year")
    assert finding.says == "the holidays of the calendar office: nobody said until when"


@pytest.mark.parametrize(
    ("today", "state"),
    [("2026-10-31", "ok"), ("2026-11-01", "soon"), ("2026-12-31", "soon"), ("2027-01-01", "broken")],
)
def test_what_is_known_until_a_day_is_said_sixty_days_before(today: str, state: str) -> None:
    days = Lasting(
        what="the holidays of the calendar office", until=date(2026, 12, 31), do="import the next year"
    )

    finding = lasting_finding(IN, days, date.fromisoformat(today))

    assert finding.state == state
    assert "office" in finding.says
    assert "2026-12-31" in finding.says
