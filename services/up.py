"""`linli up`: all five services in one process, for a laptop and for trying out."""

import argparse
import importlib
import os
import shlex
import time
from pathlib import Path

from libs.runtime.bundled.place import Place
from libs.runtime.bundled.ports import port_option
from libs.runtime.cluster.embedded import EmbeddedPlatform
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.cores import keep_to_one_core
from libs.runtime.host.parts import Service
from libs.runtime.host.process import Facts, Lifetime, as_called, run_until_told, say
from libs.telemetry import logs

NAMES = ("identity", "catalog", "cases", "volunteers", "supervision")

EPILOG = """\
from the environment:
  LINLI_LOG_LEVEL  how much is logged, as lines of JSON on stderr: debug, info, warning, error [info]
  LINLI_ONE_CORE   true: keep the process on one core, faster if nobody else uses it [false]
  and the others that `linli cases settings` lists

While it runs: `linli call`, `linli token`, /metrics, /readyz. SIGTERM or Ctrl-C stops it in order.
"""

_ITS_OWN = {"LINLI_DATABASE_URL": "dbname=-", "LINLI_MASTER_KEY": "-", "LINLI_MASTER_KEY_FILE": ""}
"""What nobody needs to set: the platform makes its own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `linli up`."""
    parser.add_argument(
        "--data", type=Path, default=Path(".linli"), help="folder for everything it keeps [.linli]"
    )
    parser.add_argument("--port", type=port_option(), default=7400, help="gRPC port, 0: any free one [7400]")
    parser.add_argument(
        "--http-port",
        type=port_option(),
        default=7480,
        help="port of /metrics, /readyz, /keys.json, 0: any free one [7480]",
    )
    parser.add_argument(
        "--cell", metavar="NAME", help="name of this cell, part of every event's source [demo]"
    )


def load(name: str) -> Service:
    """A service's declaration."""
    service: Service = importlib.import_module(f"services.{name}.wiring").SERVICE
    return service


def run(arguments: argparse.Namespace) -> int:
    """Run the platform until it is told to stop; answers the exit status."""
    began = time.monotonic()
    life = Lifetime()
    told = {**os.environ, **_ITS_OWN}
    if arguments.cell:
        told["LINLI_CELL"] = arguments.cell
    settings = read(Settings, told)
    logs.setup(level=settings.log_level, role="up", cell=settings.cell)
    place = Place(
        data=arguments.data.expanduser().resolve(),
        grpc_port=arguments.port,
        http_port=arguments.http_port,
        cell=settings.cell,
    )
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
    say(f"  HTTP   http://127.0.0.1:{host.http_port}   /metrics /livez /readyz /keys.json")
    say(f"  token  {as_called()} token{arguments_of(place)}")
    say(f"  try    {as_called()} call{arguments_of(place)} catalog.ListAffairs")
    say("Ctrl-C stops it.")


def arguments_of(place: Place) -> str:
    """What tells a command beside the platform where it is, as one would type it; "" if that goes without."""
    here = Path.cwd()
    if place.data == here / ".linli":
        return ""
    typed = place.data.relative_to(here) if place.data.is_relative_to(here) else place.data
    return f" --data {shlex.quote(str(typed))}"
