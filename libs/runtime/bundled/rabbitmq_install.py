"""Finds RabbitMQ's server on this machine, or installs Debian's package: `make rabbitmq`."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.runtime.bundled import debian

HOME = "LINLI_RABBITMQ_HOME"
OLDEST = (3, 10)
FOLDERS = (Path("/usr/lib/rabbitmq/lib"), Path("/opt"), Path("/usr/local/lib"))
_PACKAGE = "rabbitmq-server"
_PROGRAMS = f"{debian.SYSTEM_PATH}:/opt/erlang/bin"

_BY_HAND = (
    "install RabbitMQ 3.10 or newer with its Erlang (on Debian and Ubuntu the package rabbitmq-server, whose"
    f" service need not run), or unpack RabbitMQ's generic Unix archive and set {HOME} to its folder"
)


class RabbitMQFailed(Exception):
    """RabbitMQ cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A RabbitMQ on this machine: its own start script, and its Erlang's programs."""

    script: Path
    erl: Path
    epmd: Path

    @property
    def version(self) -> tuple[int, ...]:
        """Such as `(3, 10, 8)`; empty where its folder does not tell."""
        return _version(self.script)


def find(environ: Mapping[str, str] = os.environ, folders: Sequence[Path] = FOLDERS) -> Installed:
    """The server that `LINLI_RABBITMQ_HOME` names, else that on the PATH, else that of Debian's package.

    Raises `RabbitMQFailed` where there is none, where it is too old, or where its Erlang is missing.
    """
    script = _script(environ, folders)
    if script is None:
        raise RabbitMQFailed(f"there is no RabbitMQ server on this machine: run make rabbitmq, or {_BY_HAND}")
    if (version := _version(script)) and version < OLDEST:
        raise RabbitMQFailed(f"{script} is older than RabbitMQ 3.10: {_BY_HAND}")
    path = os.pathsep.join(filter(None, (environ.get("PATH"), _PROGRAMS)))
    erl, epmd = shutil.which("erl", path=path), shutil.which("epmd", path=path)
    if erl is None or epmd is None:
        raise RabbitMQFailed(
            f"{script} needs Erlang, and its programs erl and epmd are not on the PATH:"
            " install Erlang, or add the folder of its programs to the PATH"
        )
    return Installed(script, Path(erl), Path(epmd))


def find_or_install(say: Callable[[str], None] = print) -> Installed:
    """The server of this machine; where there is none, Debian's package is installed first.

    What apt-get tells goes to our own stderr. Raises `RabbitMQFailed` where it cannot be had.
    """
    try:
        return find()
    except RabbitMQFailed:
        if HOME in os.environ:  # somebody chose a server: another would not be what they asked for
            raise
    say("there is no RabbitMQ server on this machine: installing Debian's package (60 MB, a minute or so)")
    try:
        debian.install([_PACKAGE])
    except debian.NotInstalled as failed:
        raise RabbitMQFailed(f"there is no RabbitMQ server, and {failed}: {_BY_HAND}") from failed
    return find()


def _script(environ: Mapping[str, str], folders: Sequence[Path]) -> Path | None:
    """The server's own start script: Debian's wrapper insists on a user and on folders of its own."""
    if chosen := environ.get(HOME):
        script = Path(chosen).expanduser().resolve() / "sbin" / "rabbitmq-server"
        if not script.is_file():
            raise RabbitMQFailed(
                f"{HOME} is {chosen}, and there is no sbin/rabbitmq-server in it:"
                " name the folder of an unpacked RabbitMQ, or unset it"
            )
        return script
    if (found := shutil.which("rabbitmq-server", path=environ.get("PATH") or os.devnull)) is not None:
        script = Path(found).resolve()
        if script.name == "rabbitmq-server" and (script.parent / "rabbitmq-env").exists():
            return script
    scripts = [found for folder in folders for found in folder.glob("rabbitmq*/sbin/rabbitmq-server")]
    return max(scripts, key=_version, default=None)


def _version(script: Path) -> tuple[int, ...]:
    found = re.search(r"rabbitmq_server-(\d+(?:\.\d+)*)", str(script))
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def main() -> int:
    """Find or install, and say where the server is; 1 where it cannot be had."""
    try:
        server = find_or_install()
    except RabbitMQFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    version = ".".join(map(str, server.version)) or "of unknown version"
    sys.stdout.write(f"RabbitMQ {version}: {server.script}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
