"""Variables named LINLI_… that nothing here reads: most of them are mistyped."""

import difflib
import importlib
import os
import re
from collections.abc import Iterator, Mapping

from libs.runtime.config.settings import Settings, describe, flags
from libs.telemetry import logs
from services.command.cluster_settings import ClusterSettings
from services.command.registry import NAMES

_OTHERS = ("LINLI_TOKEN", "LINLI_RABBITMQ_HOME")
"""Read beside the settings classes: by `linli call`, and by what looks for RabbitMQ's server."""

_NOT_OURS = re.compile(
    r"LINLI_(TEST_.*|CLUSTER_ROWS|KILL_ROWS|RABBITMQ_FOLDER"
    r"|.*_SERVICE_(HOST|PORT(_.*)?)|(.*_)?PORT_\d+_(TCP|UDP)(_.*)?)"
)
"""Of the tests; and what Kubernetes tells of Services whose names begin with linli-."""

_LEVELS = ("debug", "info", "warning", "error")


def warn(environ: Mapping[str, str] = os.environ) -> None:
    """Say on the log which variables nobody reads, each with the known one that is closest."""
    level = environ.get("LINLI_LOG_LEVEL", "")
    logs.setup(level=level if level in _LEVELS else "info")  # the role sets it up again, with its own facts
    for sentence in sentences(environ):
        logs.get("settings").warning(sentence)


def sentences(environ: Mapping[str, str]) -> list[str]:
    """A warning for each of them."""
    known = sorted(set(_known()))
    told = []
    for name, value in sorted(environ.items()):
        if not name.startswith("LINLI_") or name in known or _NOT_OURS.fullmatch(name):
            continue
        if name.endswith("_PORT") and value.startswith(("tcp://", "udp://")):  # Kubernetes, too
            continue
        [closest] = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        told.append(f"{name} is no setting of Linli, and nothing reads it: is {closest} meant?")
    return told


def _known() -> Iterator[str]:
    yield from _OTHERS
    yield from _of(Settings, "LINLI_")
    yield from _of(ClusterSettings, "LINLI_")
    for name in NAMES:
        module = importlib.import_module(f"services.{name}.settings")
        yield from _of(getattr(module, f"{name.capitalize()}Settings"), f"LINLI_{name.upper()}_")


def _of(cls: type, prefix: str) -> Iterator[str]:
    plain = {variable for _, variable, _ in flags(cls, prefix)}
    for variable, _, _ in describe(cls, prefix):
        yield variable
        if variable not in plain:  # a secret
            yield f"{variable}_FILE"
