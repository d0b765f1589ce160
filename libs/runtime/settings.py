"""What every process of Linli is told; services add a settings class of their own."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from libs.runtime.environment import Secret, SettingsInvalid, describe, flags, read, setting

__all__ = ["Secret", "Settings", "SettingsInvalid", "describe", "flags", "read", "setting"]

_DRAIN = timedelta(seconds=20)
_LOCK = timedelta(seconds=10)
_HEARTBEAT = timedelta(seconds=10)
_BROKERS = ("amqp://", "amqps://")
_EXPORTERS = ("", "otlp", "otlp-grpc", "console")
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every service process is told, whatever the service."""

    database_url: Secret[str] = setting(doc="PostgreSQL address of this service's own database")
    master_key: Secret[str] = setting(doc="key (32 bytes, base64) that wraps the keys of personal data")
    cell: str = setting("demo", doc="name of this release: part of every event's source")
    grpc_address: str = setting("127.0.0.1:7400", doc="where the gRPC server listens (host:port)")
    http_address: str = setting("127.0.0.1:7480", doc="where /metrics, /livez, /readyz listen (host:port)")
    broker_url: Secret[str] = setting(
        Secret(""), doc="RabbitMQ address: amqp:// or amqps://user:password@host:port/vhost (empty: none)"
    )
    broker_ca: Path | None = setting(None, doc="who vouches for RabbitMQ with amqps:// (PEM file)")
    broker_cert: Path | None = setting(None, doc="our own certificate, if RabbitMQ asks for one (PEM file)")
    broker_key: Path | None = setting(None, doc="its private key (PEM file)")
    broker_heartbeat: timedelta = setting(
        _HEARTBEAT, doc="silence after which a connection to RabbitMQ counts as dead", minimum=1
    )
    keys_url: str = setting(
        "", doc="where tokens' public keys are read: identity's /keys.json, or a file: URL"
    )
    threads: int = setting(32, doc="gRPC calls served at the same time", minimum=1, maximum=256)
    one_core: bool = setting(
        False, doc="keep the process on one core: answers up to half as many again if nobody else uses it"
    )
    pool_size: int = setting(10, doc="connections to the database", minimum=3, maximum=100)
    drain: timedelta = setting(_DRAIN, doc="time given to running calls at shutdown", minimum=0)
    lock_timeout: timedelta = setting(_LOCK, doc="longest wait for the ledger's lock", minimum=0.1)
    log_level: str = setting("info", doc="how much is logged", choices=_LEVELS)
    trace_exporter: str = setting("", doc="where traces go (empty: nowhere)", choices=_EXPORTERS)
    trace_endpoint: str = setting(
        "", doc="address of the trace collector (empty: the exporter's own default)"
    )
    trace_ratio: float = setting(1.0, doc="how many of the traces are kept", minimum=0, maximum=1)
    tls_cert: Path | None = setting(None, doc="certificate chain (PEM file) of the gRPC port")
    tls_key: Path | None = setting(None, doc="its private key (PEM file)")

    def __post_init__(self) -> None:
        """Rules that one field alone cannot check; a failure names its variable."""
        for name in ("grpc_address", "http_address"):
            host, _, port = getattr(self, name).rpartition(":")
            if not host or not port.isdigit() or int(port) > 65535:
                raise ValueError(f"LINLI_{name.upper()}: {getattr(self, name)!r} is not host:port")
        for pair in ("tls", "broker"):
            if (getattr(self, f"{pair}_cert") is None) != (getattr(self, f"{pair}_key") is None):
                raise ValueError(
                    f"LINLI_{pair.upper()}_CERT and LINLI_{pair.upper()}_KEY: give both or neither"
                )
        if self.broker_url.reveal() and not self.broker_url.reveal().startswith(_BROKERS):
            raise ValueError("LINLI_BROKER_URL: it begins with amqp:// or amqps://")
