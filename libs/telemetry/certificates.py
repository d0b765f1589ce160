"""The certificates of a server's ports: checked at start, and read again when their files change."""

import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from libs.telemetry import logs

_log = logs.get("tls")

_Stamps = tuple[tuple[int, int, int], ...]


def ends(file: Path) -> float:
    """When the first of the certificates in a PEM file ends, in seconds since 1970; NaN if it has none."""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return float("nan")
    return min(certificate.not_valid_after_utc.timestamp() for certificate in found)


class CertificatesUnusable(Exception):
    """No TLS with these files; the message names them and says what is wrong."""


@dataclass(slots=True)
class Certificates:
    """A chain and its key; with `client_ca`, clients need a certificate of that authority.

    Ask `renewed` before each handshake: so a renewed certificate needs no restart. Files that are half
    written, or do not fit together, change nothing yet.
    """

    chain: Path
    key: Path
    client_ca: Path | None = None
    _seen: _Stamps = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> ssl.SSLContext:
        """The context of a server with them. Raises `CertificatesUnusable`."""
        try:
            self._seen = self._look()
            return self._load()
        except (OSError, ValueError) as error:
            raise CertificatesUnusable(self._in_words(error)) from error

    def renewed(self) -> ssl.SSLContext | None:
        """The same with files that changed since they were read last; None if none did, or they are bad."""
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

    def _look(self) -> _Stamps:
        stats = [path.stat() for path in self._files()]
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        if self.client_ca is not None:
            context.load_verify_locations(self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _files(self) -> list[Path]:
        return [self.chain, self.key, *([] if self.client_ca is None else [self.client_ca])]

    def _in_words(self, error: Exception) -> str:
        files = ", ".join(map(str, self._files()))
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        return f"cannot use TLS with {files} ({why}): they must be a certificate chain and its key, in PEM"
