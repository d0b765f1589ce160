"""What can be set about a gRPC server."""

from dataclasses import dataclass
from pathlib import Path

from libs.rpc.peers import NO_PROXIES, TrustedProxies


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where a server listens and what it can bear. Times in seconds, sizes in bytes.

    `workers` rpcs run at once, `waiting` more may queue, `parked` wait for a revision (a quarter of
    them of one caller), `streams` may follow something; what comes beyond is answered
    RESOURCE_EXHAUSTED at once. With `tls_cert` and `tls_key` the port
    speaks TLS, with `tls_client_ca` to those clients only whose certificate this authority signed;
    files that change are read again. Phone numbers without a country code are read as dialled in `region`
    (ISO 3166). A connection takes no new calls from `connection_age` on, so that its client makes another,
    which may reach another server; streams on it may go on for `connection_grace`. `notice` is how long
    health says NOT_SERVING before the port closes. `trusted_proxies` are believed about the addresses of
    their callers.
    """

    address: str = "127.0.0.1:0"
    workers: int = 32
    waiting: int = 512
    parked: int = 64
    streams: int = 1024
    max_message: int = 4 * 1024 * 1024
    connection_age: float = 300.0
    connection_grace: float = 1800.0
    notice: float = 0.0
    grace: float = 10.0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    reflection: bool = True
    region: str = "CN"
    trusted_proxies: TrustedProxies = NO_PROXIES
