"""Over real TLS with passwords everything runs; and no secret shows, whatever goes wrong."""

import base64
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psycopg
import pytest
from psycopg import sql

from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.ports import free_ports
from libs.testkit import patience
from libs.testkit.certificates import Authority, Pair
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres, killable_server
from libs.testkit.rabbit import TlsRabbit
from libs.testkit.rpc import published_keys
from libs.testkit.tls_front import tls_in_front_of

DATABASE_PASSWORD = "zebra/database@stripes:100%"
WRONG_PASSWORD = "zebra/wrong@stripes:100%"
MASTER_KEY = MasterKey.generate().text()
USER = "secretive"


@dataclass(frozen=True)
class Ground:
    """What a service stands on, with whom to trust."""

    environ: Mapping[str, str]
    secrets: tuple[str, ...]
    stranger: Path

    def with_(self, **changed: str) -> dict[str, str]:
        """The environment of a process, with some of it changed."""
        return {**os.environ, **self.environ, **changed}

    def shown_in(self, text: str) -> list[str]:
        """Which secrets the text holds, as they are or as they stand in an address."""
        return [secret for secret in self.secrets if secret in text or quote(secret, safe="") in text]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="linli-test-secrets-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def postgres() -> Iterator[KillablePostgres]:
    """A server that asks one user for a password."""
    with killable_server() as server:
        server.ensure_database("cases")
        rules = server.cluster / "pg_hba.conf"
        rules.write_text(f"local all {USER} scram-sha-256\n{rules.read_text()}")
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(made.format(sql.Identifier(USER), sql.Literal(DATABASE_PASSWORD)))
            connection.execute(sql.SQL("ALTER DATABASE cases OWNER TO {}").format(sql.Identifier(USER)))
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="module")
def ground(folder: Path, postgres: KillablePostgres, tls_rabbit: TlsRabbit) -> Iterator[Ground]:
    """PostgreSQL and RabbitMQ behind TLS; passwords in files, as Kubernetes mounts them."""
    node, authority, stranger = tls_rabbit.node, tls_rabbit.authority, Authority(folder, "stranger")
    ours = authority.sign("linli")
    key = SigningKey.generate()
    relay_key = SigningKey.generate().pem().decode()
    keys = folder / "keys.json"
    keys.write_text(published_keys(key))
    with tls_in_front_of(_socket_of(postgres), authority.sign("postgres", "127.0.0.1")) as port:
        broker = urlsplit(node.tls_url)
        broker_password = unquote(broker.password or "")
        passwords = {"database": DATABASE_PASSWORD, "broker": broker_password}
        for name, password in passwords.items():
            (folder / name).write_text(f"{password}\n")
        environ = {
            "LINLI_DATABASE_URL": (
                f"postgresql://{USER}@127.0.0.1:{port}/cases?sslmode=verify-full&sslrootcert={authority.file}"
            ),
            "LINLI_DATABASE_PASSWORD_FILE": str(folder / "database"),
            "LINLI_BROKER_URL": node.tls_url.replace(f":{broker.password}@", "@"),
            "LINLI_BROKER_PASSWORD_FILE": str(folder / "broker"),
            "LINLI_BROKER_CA": str(authority.file),
            **_pair("LINLI_BROKER", ours),
            **_pair("LINLI_TLS", authority.sign("server", "127.0.0.1")),
            "LINLI_TLS_CLIENT_CA": str(authority.file),
            "LINLI_KEYS_URL": f"file://{keys}",
            "LINLI_RELAY_KEY": relay_key,
            "LINLI_MASTER_KEY": MASTER_KEY,
            "LINLI_REQUIRE_TLS": "true",
            "LINLI_LOG_LEVEL": "debug",
        }
        told = (DATABASE_PASSWORD, WRONG_PASSWORD, "zebra", broker_password, MASTER_KEY)
        secrets = (*told, relay_key.splitlines()[1])
        yield Ground(environ, secrets, stranger.file)


def _socket_of(server: KillablePostgres) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(server.dsn())["host"])) / ".s.PGSQL.5432"


def _pair(prefix: str, pair: Pair) -> dict[str, str]:
    return {f"{prefix}_CERT": str(pair.certificate), f"{prefix}_KEY": str(pair.key)}


@pytest.fixture(scope="module")
def migrated(ground: Ground) -> Ground:
    """The same, with the schema made over TLS."""
    status, said = ended(ground.with_(), "migrate")
    assert status == 0, said
    assert ground.shown_in(said) == []
    return ground


def ended(environ: Mapping[str, str], *words: str) -> tuple[int, str]:
    """A command's exit status, and all it said."""
    ran = subprocess.run(
        [sys.executable, "-m", "services.command", "cases", *words],
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience.seconds(60),
    )
    return ran.returncode, ran.stdout


@dataclass
class Role:
    """A role of the service in a process of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path
    port: int
    ca: str

    def page(self, path: str) -> str:
        """What it answers by HTTPS."""
        try:
            url, trusted = f"https://127.0.0.1:{self.port}{path}", ssl.create_default_context(cafile=self.ca)
            with urllib.request.urlopen(url, timeout=patience.seconds(5), context=trusted) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return ""

    def command_line(self) -> str:
        """What everybody sees of it in the list of processes."""
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()

    def shown(self) -> str:
        """All that it shows of itself."""
        return "\n".join(
            (self.log.read_text(), self.page("/metrics"), self.page("/readyz"), self.command_line())
        )


@contextmanager
def running(role: str, environ: Mapping[str, str], folder: Path) -> Iterator[Role]:
    """A role until the block ends; it has stopped in order then."""
    [port] = free_ports(1)
    log = folder / f"{role}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.command", "cases", role],
            env={
                **environ,
                "LINLI_HTTP_ADDRESS": f"127.0.0.1:{port}",
                "LINLI_GRPC_ADDRESS": "127.0.0.1:0",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Role(process, log, port, environ["LINLI_TLS_CLIENT_CA"])
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=patience.seconds(40))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("role", ["server", "relay", "worker"])
def test_a_role_runs_over_tls_and_shows_no_secret(migrated: Ground, role: str, tmp_path: Path) -> None:
    queue = "cases.from.catalog" if role == "worker" else "relay.cases"

    with running(role, migrated.with_(), tmp_path) as process:
        eventually(lambda: '"ok"' in process.page("/readyz"), "it answers", seconds=40)
        eventually(lambda: _connected(process.page("/metrics"), queue), "it is connected", seconds=40)
        shown = process.shown()

    assert migrated.shown_in(shown + process.log.read_text()) == []
    assert "Traceback" not in process.log.read_text()


def _connected(page: str, queue: str) -> bool:
    """Whether the metrics say so."""
    series = (line for line in page.splitlines() if line.startswith("linli_broker_connected{"))
    return any(f'"{queue}"' in line and line.endswith(" 1.0") for line in series)


STRANGER = "the file of an authority that signed nothing here"
NOBODY = f"postgresql://{USER}@127.0.0.1:1/cases?sslmode=verify-full"
NOWHERE = f"host=zzz.invalid user={USER} sslmode=verify-full"
WRONG_DATABASES = {
    "wrong password": ({"LINLI_DATABASE_PASSWORD": WRONG_PASSWORD}, "password authentication failed"),
    "refused": ({"LINLI_DATABASE_URL": NOBODY}, "refused"),
    "another host": ({"LINLI_DATABASE_URL": NOWHERE}, "zzz.invalid"),
    "not trusted": ({"PGSSLROOTCERT": STRANGER}, "certificate verify failed"),
    "without TLS": (
        {"LINLI_DATABASE_URL": "postgresql://zzz.invalid/cases"},
        "(LINLI_REQUIRE_TLS)",
    ),
    "unreadable": ({"LINLI_DATABASE_URL": f"postgresql://{USER}:{WRONG_PASSWORD}@h/d"}, "LINLI_DATABASE_URL"),
}


@pytest.mark.parametrize("role", ["server", "worker"])
@pytest.mark.parametrize("wrong", WRONG_DATABASES)
def test_a_database_that_cannot_be_reached_is_told_without_a_secret(
    migrated: Ground, role: str, wrong: str
) -> None:
    changed, words = WRONG_DATABASES[wrong]
    environ = migrated.with_(**changed)
    if "LINLI_DATABASE_PASSWORD" in changed:
        del environ["LINLI_DATABASE_PASSWORD_FILE"]
    if "PGSSLROOTCERT" in changed:
        url = environ["LINLI_DATABASE_URL"].partition("&")[0]
        environ |= {"LINLI_DATABASE_URL": url, "PGSSLROOTCERT": str(migrated.stranger)}

    status, said = ended(environ, role)

    assert status == 1
    assert words in said
    assert migrated.shown_in(said) == []
    assert "Traceback" not in said


WRONG_BROKERS = {
    "wrong password": (
        {"LINLI_BROKER_PASSWORD": WRONG_PASSWORD},
        "look at LINLI_BROKER_URL and LINLI_BROKER_PASSWORD",
    ),
    "refused": ({"LINLI_BROKER_URL": "amqps://linli@127.0.0.1:1/linli"}, "nobody listens at 127.0.0.1:1"),
    "another name": ({"LINLI_BROKER_URL": ""}, "name it in LINLI_BROKER_URL as the certificate does"),
    "not trusted": ({"LINLI_BROKER_CA": STRANGER}, "give LINLI_BROKER_CA the authority"),
}


@pytest.mark.parametrize("role", ["relay", "worker"])
@pytest.mark.parametrize("wrong", WRONG_BROKERS)
def test_a_broker_that_cannot_be_reached_is_told_without_a_secret(
    migrated: Ground, role: str, wrong: str, tmp_path: Path
) -> None:
    changed, words = WRONG_BROKERS[wrong]
    environ = migrated.with_(**changed)
    if "LINLI_BROKER_PASSWORD" in changed:
        del environ["LINLI_BROKER_PASSWORD_FILE"]
    if not environ["LINLI_BROKER_URL"]:
        environ["LINLI_BROKER_URL"] = migrated.environ["LINLI_BROKER_URL"].replace("127.0.0.1", "localhost")
    if environ["LINLI_BROKER_CA"] == STRANGER:
        environ["LINLI_BROKER_CA"] = str(migrated.stranger)

    with running(role, environ, tmp_path) as process:
        eventually(lambda: words in process.page("/readyz"), f"/readyz says {words}", seconds=40)
        eventually(lambda: words in process.log.read_text(), f"the log says {words}", seconds=10)
        shown = process.shown()

    assert migrated.shown_in(shown + process.log.read_text()) == []
    assert "Traceback" not in process.log.read_text()


def test_the_list_of_settings_shows_no_secret(ground: Ground) -> None:
    status, said = ended(ground.with_(), "settings")

    assert status == 0
    assert "LINLI_DATABASE_PASSWORD" in said
    assert ground.shown_in(said) == []


def test_secrets_cannot_be_typed_where_all_see_them(ground: Ground) -> None:
    _, said = ended(ground.with_(), "server", "--help")

    assert "--broker-heartbeat" in said
    assert [flag for flag in ("--database-url", "--database-password", "--broker-url", "--broker-password",
                              "--master-key") if flag in said] == []  # fmt: skip


def test_the_master_key_of_the_wrong_form_is_not_repeated(ground: Ground) -> None:
    wrong = base64.b64encode(b"zebra-master-key").decode()

    status, said = ended(ground.with_(LINLI_MASTER_KEY=wrong), "server")

    assert status == 1
    assert "a master key is 32 bytes" in said
    assert wrong not in said
