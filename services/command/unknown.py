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

_OTHERS = ("LINLI_TOKEN", "LINLI_PROFILE", "LINLI_RABBITMQ_HOME")
"""Read beside the settings classes: by what calls rpcs, and by what looks for RabbitMQ's server."""

_NOT_OURS = re.compile(
    r"LINLI_(TEST_.*|RABBITMQ_FOLDER"
    r"|.*_SERVICE_(HOST|PORT(_.*)?)|(.*_)?PORT_\d+_(TCP|UDP)(_.*)?)"
)
"""Of the tests; and what Kubernetes tells of Services whose names begin with linli-."""

_NEARLY = 0.85
_MOST = 3
_LEVELS = ("debug", "info", "warning", "error")


def warn(environ: Mapping[str, str] = os.environ) -> None:
    """Say on the log which variables nobody reads, each with the known one that is closest."""
    level = environ.get("LINLI_LOG_LEVEL", "")
    logs.setup(level=level if level in _LEVELS else "info")  # the role sets it up again, with its own facts
    for sentence in sentences(environ):
        logs.get("settings").warning(sentence)


def sentences(environ: Mapping[str, str]) -> list[str]:
    """A warning for each of them."""
    known = dict(_known())
    told = []
    for name, value in sorted(environ.items()):
        if not name.startswith("LINLI_") or name in known or _NOT_OURS.fullmatch(name):
            continue
        if name.endswith("_PORT") and value.startswith(("tcp://", "udp://")):  # Kubernetes, too
            continue
        told.append(f"{name} is not a setting of Linli, and nothing reads it: {_meant(name, known)}")
    return told


def _meant(name: str, known: Mapping[str, str]) -> str:
    """The setting that is spelt nearly so; or those that the words of the name speak of."""
    if close := difflib.get_close_matches(name, known, n=1, cutoff=_NEARLY):
        return f"did you mean {close[0]}?"
    wanted = set(_words(name.removeprefix("LINLI_").replace("_", " ")))
    about = [each for each, meaning in known.items() if wanted <= {*_words(each), *_words(meaning)}]
    if about:
        return f"did you mean {' or '.join(about[:_MOST])}?"
    return "`linli cases settings`, and the same for the other services, lists all settings"


def _words(text: str) -> list[str]:
    return re.findall("[a-z0-9]+", text.lower().replace("_", " "))


def _known() -> Iterator[tuple[str, str]]:
    """Each variable that something reads, and what it means."""
    yield from ((name, "") for name in _OTHERS)
    yield from _of(Settings, "LINLI_")
    yield from _of(ClusterSettings, "LINLI_")
    for name in NAMES:
        module = importlib.import_module(f"services.{name}.settings")
        yield from _of(getattr(module, f"{name.capitalize()}Settings"), f"LINLI_{name.upper()}_")


def _of(cls: type, prefix: str) -> Iterator[tuple[str, str]]:
    plain = {variable for _, variable, _ in flags(cls, prefix)}
    for variable, _, meaning in describe(cls, prefix):
        yield variable, meaning
        if variable not in plain:  # a secret
            yield f"{variable}_FILE", ""
