"""The settings of every process of Linli; services add a settings class of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from libs.rpc.peers import TrustedProxies
from libs.rpc.signed_keys import Trust
from libs.runtime.config import addresses
from libs.runtime.config.environment import Secret, SettingsInvalid, describe, flags, read, setting

__all__ = ["CERTIFICATES", "Secret", "Settings", "SettingsInvalid", "describe", "flags", "read", "setting"]

_DRAIN = timedelta(seconds=20)
_CONNECTION_AGE = timedelta(minutes=5)
_LOCK = timedelta(seconds=10)
_STUCK = timedelta(seconds=120)
_HEARTBEAT = timedelta(seconds=10)
_STALE = timedelta(minutes=10)
_HUNG = timedelta(seconds=30)
_EXPORTERS = ("", "otlp", "otlp-grpc", "console")
_LEVELS = ("debug", "info", "warning", "error")
CERTIFICATES = ("tls_cert", "tls_client_ca", "broker_ca", "broker_cert", "keys_ca")
"""The settings that name a file of certificates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of every service process, whatever the service."""

    database_url: Secret[str] = setting(
        doc="PostgreSQL address of this service's own database: postgresql://user@host/name?sslmode=verify-full"
    )
    database_password: Secret[str] = setting(
        Secret(""), doc="its password, if the address does not contain it"
    )
    runtime_role: str = setting(
        "",
        doc="for migrate: the database role as which this service runs; it may append events, not alter them"
        " (empty: the owner's, which may)",
    )
    master_key: Secret[str] = setting(doc="key (32 bytes, base64) that wraps the keys of personal data")
    key_store: Secret[str] = setting(
        Secret(""),
        doc="where the keys that erase persons are kept: file:///folder, or the PostgreSQL address of a"
        " database of its own (empty: beside the ledger, whose WAL and backups undo an erasure)",
    )
    key_store_password: Secret[str] = setting(
        Secret(""), doc="its password, if it is a PostgreSQL address that does not contain it"
    )
    cell: str = setting("demo", doc="name of this cell: part of every event's source")
    grpc_address: str = setting("127.0.0.1:7400", doc="where the gRPC server listens (host:port)")
    http_address: str = setting("127.0.0.1:7480", doc="where /metrics, /livez, /readyz listen (host:port)")
    broker_url: Secret[str] = setting(
        Secret(""), doc="RabbitMQ address: amqp:// or amqps://user:password@host:port/vhost (empty: none)"
    )
    broker_password: Secret[str] = setting(Secret(""), doc="its password, if the address does not contain it")
    broker_ca: Path | None = setting(
        None, doc="CA certificates for RabbitMQ with amqps:// (PEM file; not set: the system's list)"
    )
    broker_cert: Path | None = setting(None, doc="client certificate, if RabbitMQ requires one (PEM file)")
    broker_key: Path | None = setting(None, doc="its private key (PEM file)")
    broker_heartbeat: timedelta = setting(
        _HEARTBEAT, doc="silence after which a connection to RabbitMQ is considered dead", minimum=1
    )
    relay_key: Secret[str] = setting(
        Secret(""),
        doc="Ed25519 key (PKCS #8 PEM) with which this service's relay signs its batches",
    )
    hub_patience: timedelta = setting(
        _HUNG, doc="a worker ends itself after its event loop has been blocked for this long", minimum=1
    )
    keys_url: str = setting(
        "", doc="where to read the public keys for tokens and batches: identity's /keys.json, or a file: URL"
    )
    keys_ca: Path | None = setting(
        None, doc="CA certificates for keys_url with https:// (PEM file; not set: the system's list)"
    )
    keys_root: tuple[str, ...] = setting(
        (),
        doc="public keys (base64url), one of which signs the key set; not set: the first that did is trusted",
    )
    keys_stale_after: timedelta = setting(
        _STALE, doc="age of the key set from which on privileged scopes are refused", minimum=10
    )
    phone_region: str = setting("CN", doc="region of phone numbers without a country code (ISO 3166)")
    trusted_proxies: tuple[str, ...] = setting(
        (), doc="networks of proxies (CIDRs) that are believed about who called them, by x-forwarded-for"
    )
    threads: int = setting(32, doc="gRPC calls served at the same time", minimum=1, maximum=256)
    reflection: bool = setting(True, doc="offer gRPC reflection to callers with a token")
    one_core: bool = setting(
        False,
        doc="pin the process to one core: up to 1.5 times the throughput if nothing else uses that core",
    )
    pool_size: int = setting(10, doc="connections to the database", minimum=3, maximum=100)
    drain: timedelta = setting(_DRAIN, doc="time given to running calls at shutdown", minimum=0)
    connection_age: timedelta = setting(
        _CONNECTION_AGE,
        doc="age at which a gRPC connection is ended, so that its client's next one may reach a new replica",
        minimum=1,
    )
    lock_timeout: timedelta = setting(_LOCK, doc="longest wait for the ledger's lock", minimum=0.1)
    stuck_after: timedelta = setting(
        _STUCK,
        doc="silence of one of its threads after which a process reports that it must be restarted",
        minimum=5,
    )
    log_level: str = setting("info", doc="how much is logged", choices=_LEVELS)
    trace_exporter: str = setting(
        "",
        doc="exporter of traces (empty: as the OTEL_* variables say, else none)",
        choices=_EXPORTERS,
    )
    trace_endpoint: str = setting(
        "", doc="address of the trace collector (empty: OTEL_EXPORTER_OTLP_ENDPOINT, else localhost)"
    )
    trace_ratio: float | None = setting(
        None,
        doc="fraction of traces that are kept (not set: OTEL_TRACES_SAMPLER, else all)",
        minimum=0,
        maximum=1,
    )
    tls_cert: Path | None = setting(
        None, doc="certificate chain (PEM file) of both ports; files that change are read again"
    )
    tls_key: Path | None = setting(None, doc="its private key (PEM file)")
    tls_client_ca: Path | None = setting(
        None, doc="accept only gRPC clients with a certificate from this authority (PEM file)"
    )
    require_durable: bool = setting(
        False, doc="warn at start if the database has no synchronous standby: a failover could lose events"
    )
    require_tls: bool = setting(
        True, doc="refuse to start, instead of only warning, if a connection could be read or intercepted"
    )

    def __post_init__(self) -> None:
        """Rules that one field alone cannot check; a failure names its variable.

        The passwords go into their addresses here: whoever reads those need not know of the others.
        """
        for name in ("grpc_address", "http_address"):
            host, _, port = getattr(self, name).rpartition(":")
            if not host or not port.isdigit() or int(port) > 65535:
                raise ValueError(f"LINLI_{name.upper()}: {getattr(self, name)!r} is not host:port")
        for pair in ("tls", "broker"):
            if (getattr(self, f"{pair}_cert") is None) != (getattr(self, f"{pair}_key") is None):
                raise ValueError(
                    f"LINLI_{pair.upper()}_CERT and LINLI_{pair.upper()}_KEY: give both or neither"
                )
        checks: dict[str, Callable[[Sequence[str]], object]]
        checks = {"trusted_proxies": TrustedProxies.of, "keys_root": Trust}
        for name, check in checks.items():
            try:
                check(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"LINLI_{name.upper()}: {error}") from None
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise ValueError("LINLI_TLS_CLIENT_CA: give LINLI_TLS_CERT and LINLI_TLS_KEY, too")
        database = addresses.database(self.database_url.reveal(), self.database_password.reveal())
        keys = addresses.key_store(self.key_store.reveal(), self.key_store_password.reveal())
        broker = addresses.broker(self.broker_url.reveal(), self.broker_password.reveal())
        object.__setattr__(self, "database_url", Secret(database))
        object.__setattr__(self, "key_store", Secret(keys))
        object.__setattr__(self, "broker_url", Secret(broker))
