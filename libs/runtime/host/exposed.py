"""Which connections of a process others could read along, or step in between: told, or refused, at start."""

import os
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from libs.ledger.privacy.key_address import folder_of
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Secret, Settings
from libs.telemetry import logs, otel

_log = logs.get("tls")

_REFUSED = "others could read these connections, or step in between (LINLI_REQUIRE_TLS):"
_OR_ELSE = (
    "Mend each as it says; or set LINLI_REQUIRE_TLS=no if the network is trusted, for instance because a mesh"
    " encrypts it"
)
_VERIFIED = {"verify-ca", "verify-full"}


def check_connections(settings: Settings, *, serves: bool) -> None:
    """Raise `CannotStart` with all of them; without `require_tls` only warn of each. `serves`: gRPC, too."""
    found = list(exposed(settings, serves=serves))
    if found and settings.require_tls:
        raise CannotStart("\n".join([_REFUSED, *(f"  {each}" for each in found), _OR_ELSE]))
    for each in found:
        _log.warning(each)


def exposed(settings: Settings, *, serves: bool) -> Iterator[str]:
    """A sentence for each connection to another machine that is not both secret and verified."""
    yield from _database(settings.database_url, "LINLI_DATABASE_URL")
    if folder_of(settings.key_store.reveal()) is None:
        yield from _database(settings.key_store, "LINLI_KEY_STORE")
    broker = urlsplit(settings.broker_url.reveal())
    if broker.scheme == "amqp" and not _here(broker.hostname or ""):
        yield (
            f"events and the password go to RabbitMQ at {broker.hostname} in the clear:"
            " use amqps:// in LINLI_BROKER_URL"
        )
    yield from _tracing(settings)
    if serves:
        yield from _serving(settings)


def _database(address: Secret[str], named: str) -> Iterator[str]:
    if not address.reveal():
        return
    told = conninfo_to_dict(address.reveal())
    hosts = str(told.get("hostaddr") or told.get("host") or os.environ.get("PGHOST", "")).split(",")
    mode = str(told.get("sslmode") or os.environ.get("PGSSLMODE") or "prefer")
    away = [host for host in hosts if not _here(host)]
    if not away or mode in _VERIFIED:
        return
    how = "in the clear" if mode in {"disable", "allow"} else "to whoever answers in its name"
    yield (
        f"everything goes to PostgreSQL at {', '.join(away)} {how} (sslmode={mode}):"
        f" add sslmode=verify-full and sslrootcert=<file of the authority> to {named}"
    )


def _tracing(settings: Settings) -> Iterator[str]:
    named = "LINLI_TRACE_ENDPOINT" if settings.trace_endpoint else "OTEL_EXPORTER_OTLP_ENDPOINT"
    where = urlsplit(settings.trace_endpoint or otel.endpoint_asked(os.environ))
    if _sends_traces(settings) and where.scheme == "http" and not _here(where.hostname or ""):
        yield (
            f"traces go to {where.hostname} in the clear, with who called what:"
            f" use https:// in {named}, or a collector on this machine"
        )


def _sends_traces(settings: Settings) -> bool:
    try:
        return bool(settings.trace_exporter or otel.exporter_asked(os.environ))
    except ValueError:  # a variable that is wrong: refused when tracing is set up
        return False


def _serving(settings: Settings) -> Iterator[str]:
    keys = urlsplit(settings.keys_url)
    if keys.scheme == "http" and not _here(keys.hostname or ""):
        yield (
            f"the keys that verify tokens come from {keys.hostname} in the clear:"
            " use https:// in LINLI_KEYS_URL, or a file"
        )
    host = settings.grpc_address.rpartition(":")[0]
    if settings.tls_cert is None and not _here(host):
        yield (
            f"gRPC on {settings.grpc_address} takes tokens and answers in the clear:"
            " give LINLI_TLS_CERT and LINLI_TLS_KEY"
        )
    if settings.tls_cert is None and not _here(settings.http_address.rpartition(":")[0]):
        yield (
            f"HTTP on {settings.http_address} gives /keys.json, metrics and probes in the clear:"
            " give LINLI_TLS_CERT and LINLI_TLS_KEY"
        )


def _here(host: str) -> bool:
    """Whether what is said to a host stays on this machine: a socket's folder, or the loopback interface."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
