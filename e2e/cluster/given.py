"""A release on a PostgreSQL and a RabbitMQ that it was given, installed as OPERATING.md says."""

import time
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.guide import Reader
from e2e.cluster.outside import Outside
from e2e.cluster.release import Release
from libs.telemetry.tests import receiver
from libs.testkit.certificates import Authority
from services.command.registry import NAMES

PREPARING = "With your PostgreSQL and RabbitMQ"
"""The heading of OPERATING.md."""
_SERVERS = ("postgresql", "rabbitmq")


@dataclass(slots=True)
class Given:
    """The release, what it stands on, and whoever operates both by the guide.

    `authority` signs all certificates at first, `successor` those of the services later.
    `ready_after` is how many seconds the installation took, `tested` what the chart's own test then said.
    """

    release: Release
    outside: Outside
    reader: Reader
    authority: Authority
    successor: Authority
    ready_after: float = 0.0
    tested: str = ""

    def prepare(self) -> None:
        """Start the servers, and do what must be done before an installation."""
        self.outside.certify(self.authority, *_SERVERS, "collector")
        self.outside.files("collector", {"receiver.py": Path(receiver.__file__).read_text("utf-8")})
        self.outside.start(*_SERVERS, "collector")
        self.outside.programs(self.reader.programs)
        self.reader.does(PREPARING)
        self.certify(self.authority, trusted=self.authority.file.read_bytes())
        (self.reader.folder / "servers.crt").write_bytes(self.authority.file.read_bytes())
        self.reader.does(PREPARING, 1)

    @property
    def roots(self) -> bytes:
        """Both authorities."""
        return self.authority.file.read_bytes() + self.successor.file.read_bytes()

    def certify(self, authority: Authority, trusted: bytes) -> None:
        """Put into the operator's folder a certificate for the services, for callers on this machine, too."""
        names = [f"elm-linli-{name}.{self.release.namespace}.svc" for name in NAMES]
        pair = authority.sign("services", *names, "localhost")
        folder = self.reader.folder
        (folder / "tls.crt").write_bytes(pair.certificate.read_bytes())
        (folder / "tls.key").write_bytes(pair.key.read_bytes())
        (folder / "ca.crt").write_bytes(trusted)

    def install(self, values: str) -> None:
        """Install with these values, and run the chart's own test."""
        self.release.values.write_text(values, "utf-8")
        install, _, test = self.reader.script(PREPARING, 2).partition("helm test")
        began = time.monotonic()
        self.reader.runs(install)
        self.ready_after = time.monotonic() - began
        self.tested = self.reader.runs(f"helm test{test}")
