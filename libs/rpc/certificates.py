"""The certificates of a gRPC port: checked at start, read again when their files change."""

import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from libs.telemetry import logs

_log = logs.get("rpc")


class CertificatesUnusable(Exception):
    """No TLS with these files; the message names them and says what is wrong."""


@dataclass(slots=True)
class Certificates:
    """A chain and its key; with `client_ca`, clients need a certificate of that authority.

    gRPC asks before every handshake whether there is something new: so a renewed certificate needs no
    restart. Files that are half written, or do not fit together, change nothing yet.
    """

    chain: Path
    key: Path
    client_ca: Path | None = None
    _seen: tuple[tuple[int, int, int], ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def credentials(self) -> grpc.ServerCredentials:
        """What gRPC serves by. Raises `CertificatesUnusable`."""
        try:
            self._seen = self._look()
            first = self._load()
        except (OSError, ValueError) as error:
            raise CertificatesUnusable(self._in_words(error)) from error
        return grpc.dynamic_ssl_server_credentials(
            first,
            self._if_changed,  # type: ignore[arg-type]  # None means "as before", which its types forget
            require_client_authentication=self.client_ca is not None,
        )

    def _if_changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new ones, if there are any that are good."""
        with self._lock:
            try:
                seen = self._look()
                if seen == self._seen:
                    return None
                loaded = self._load()
            except (OSError, ValueError) as error:
                _log.warning("changed certificates are refused", error=self._in_words(error))
                return None
            self._seen = seen
        _log.info("certificates read again", file=str(self.chain))
        return loaded

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        stats = [path.stat() for path in self._files()]
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)

    def _load(self) -> grpc.ServerCertificateConfiguration:
        """Read them, if they fit together: gRPC itself would take any, and then fail every handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        roots = None
        if self.client_ca is not None:
            context.load_verify_locations(self.client_ca)
            roots = self.client_ca.read_bytes()
        return grpc.ssl_server_certificate_configuration(
            [(self.key.read_bytes(), self.chain.read_bytes())], root_certificates=roots
        )

    def _files(self) -> list[Path]:
        return [self.chain, self.key, *([] if self.client_ca is None else [self.client_ca])]

    def _in_words(self, error: Exception) -> str:
        files = ", ".join(map(str, self._files()))
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        return f"cannot use TLS with {files} ({why}): they must be a certificate chain and its key, in PEM"
