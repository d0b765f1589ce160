"""Finds RabbitMQ's server on this machine, or installs Debian's package: `make rabbitmq`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = "LINLI_RABBITMQ_HOME"
OLDEST = (3, 10)
FOLDERS = (Path("/usr/lib/rabbitmq/lib"), Path("/opt"), Path("/usr/local/lib"))
LOCK = Path("/var/cache/linli-rabbitmq-install.lock")  # only root makes and takes it
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/erlang/bin"
_STDERR = 2
_LONGEST = 900  # seconds for each step of fetching and unpacking about 60 MB

_BY_HAND = (
    "install RabbitMQ 3.10 or newer with its Erlang (on Debian and Ubuntu the package rabbitmq-server, whose"
    f" service need not run), or unpack RabbitMQ's generic Unix archive and set {HOME} to its folder"
)

# Run by root. It waits for another of its kind, keeps the package from starting its service (now, and
# at the next boot), and asks for fresh package lists only where the known ones do not do.
_SCRIPT = r"""
set -eu
longest=$2
exec 9> "$1"
flock -w "$longest" 9 || { echo "another installation did not end within $longest s"; exit 1; }
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || grep -qs 'put here by linli' "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\n# put here by linli while it installs; may be removed\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
known=yes
dpkg -s rabbitmq-server > /dev/null 2>&1 || known=no
export DEBIAN_FRONTEND=noninteractive
apt() {
    timeout "$longest" apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
        "$@" < /dev/null 9>&-
}
apt install --no-install-recommends rabbitmq-server || {
    apt update
    apt install --no-install-recommends rabbitmq-server
}
[ "$known" = yes ] || update-rc.d rabbitmq-server disable > /dev/null 2>&1 || true
"""


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
    path = os.pathsep.join(filter(None, (environ.get("PATH"), _SYSTEM_PATH)))
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
    command = _as_root()
    say("there is no RabbitMQ server on this machine: installing Debian's package (60 MB, a minute or so)")
    run(command, LOCK)
    return find()


def run(as_root: Sequence[str], lock: Path, script: str = _SCRIPT) -> None:
    """Run the installation; any number of processes may do so at once, one waits for the other."""
    command = [*as_root, "/bin/sh", "-c", script, "linli-install", str(lock), str(_LONGEST)]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=_STDERR, check=False)  # noqa: S603 - our own script
    if ended.returncode != 0:
        raise RabbitMQFailed(
            "the package rabbitmq-server could not be installed; the output of apt-get is above."
            f" Without a network or a package mirror: {_BY_HAND}"
        )


def _as_root() -> list[str]:
    """What to put before a command that root must run; refuses where that cannot be."""
    if shutil.which("apt-get", path=_SYSTEM_PATH) is None:
        raise RabbitMQFailed(
            f"there is no RabbitMQ server, and this system has no Debian package to install: {_BY_HAND}"
        )
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo", path=_SYSTEM_PATH)
    if sudo is not None:
        asked = subprocess.run([sudo, "-n", "true"], check=False, capture_output=True)  # noqa: S603 - no input
        if asked.returncode == 0:
            return [sudo, "-n"]
    raise RabbitMQFailed(
        "there is no RabbitMQ server, and only root may install its package: run"
        " `sudo apt-get install --no-install-recommends rabbitmq-server` once (its service need not run),"
        f" or {_BY_HAND}"
    )


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
