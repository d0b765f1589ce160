"""`linli up`: all five services in one process, for a laptop and for trying out."""

import os
import time
from pathlib import Path

import click

from libs.runtime.bundled.place import Place
from libs.runtime.cluster.embedded import EmbeddedPlatform
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.cores import keep_to_one_core
from libs.runtime.host.process import Facts, Lifetime, run_until_told
from libs.runtime.host.terminal import say
from libs.telemetry import logs, metrics
from services.command import unknown
from services.command.options import STDIN, Port, data_option, end_with_stdin_option
from services.command.registry import NAMES, load
from services.command.starting import in_a_sentence, suggest

_EPILOG = """\
\b
From the environment:
  LINLI_LOG_LEVEL  how much is logged, as lines of JSON on stderr: debug, info, warning, error [info]
  LINLI_ONE_CORE   true: keep the process on one core, faster if nobody else uses it [false]
  and the others that `linli cases settings` lists

While it runs: `linli call`, `linli token`, /metrics, /readyz. SIGTERM or Ctrl-C stops it in order.
"""

_ITS_OWN = {"LINLI_DATABASE_URL": "dbname=-", "LINLI_MASTER_KEY": "-", "LINLI_MASTER_KEY_FILE": ""}
"""What nobody needs to set: the platform makes its own."""


@click.command(epilog=_EPILOG)
@data_option
@click.option("--port", type=Port(), default=7400, metavar="N", help="gRPC port, 0: any free one [7400]")
@click.option(
    "--http-port",
    type=Port(),
    default=7480,
    metavar="N",
    help="port of /metrics, /readyz, /keys.json, 0: any free one [7480]",
)
@click.option(
    "--cell", default="", metavar="NAME", help="name of this cell, part of every event's source [demo]"
)
@end_with_stdin_option
def up(data: Path, port: int, http_port: int, cell: str, end_with_stdin: bool) -> int:
    """Run all services in one process, with a bundled PostgreSQL."""
    unknown.warn()
    with in_a_sentence():
        settings = read(Settings, {**os.environ, **_ITS_OWN, **({"LINLI_CELL": cell} if cell else {})})
        logs.setup(level=settings.log_level, role="up", cell=settings.cell)
        metrics.cell(settings.cell)
        folder = data.expanduser().resolve()
        life = Lifetime()
        if end_with_stdin:
            life.end_with(STDIN)
        place = Place(data=folder, grpc_port=port, http_port=http_port, cell=settings.cell)
        return _run(place, settings, life)


def _run(place: Place, settings: Settings, life: Lifetime) -> int:
    """Run the platform until it is told to stop; answers the exit status."""
    began = time.monotonic()
    platform = EmbeddedPlatform(place, [load(name) for name in NAMES], os.environ, died=life.end)
    platform.refuse_taken_ports()

    def start() -> Facts:
        platform.start()
        if settings.one_core:
            keep_to_one_core()
        _welcome(platform, time.monotonic() - began)
        return platform.host.facts() if platform.host is not None else {}

    return run_until_told(start, platform.close, lambda: platform.failed, life, folder=str(place.data))


def _welcome(platform: EmbeddedPlatform, seconds: float) -> None:
    assert platform.host is not None  # noqa: S101  # it has started
    place, host = platform.place, platform.host
    say(f"Linli is ready ({seconds:.1f} s). Its data: {place.data}")
    say(f"  gRPC   127.0.0.1:{host.grpc_port}   {', '.join(NAMES)}, feed, health, reflection")
    http = "http" if host.settings.tls_cert is None else "https"
    say(f"  HTTP   {http}://127.0.0.1:{host.http_port}   /metrics /livez /readyz /keys.json")
    suggest(place)
    say("Ctrl-C stops it.")
