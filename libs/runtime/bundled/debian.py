"""Installs packages of Debian that a part of Linli needs; their services neither start nor stay enabled."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOCK = Path("/var/cache/linli-install.lock")  # only root makes and takes it
_STDERR = 2
_LONGEST = 900  # seconds for each step of fetching and unpacking

# Run by root. It waits for another of its kind, keeps packages from starting their services (now, and
# at the next boot), and asks for fresh package lists only where the known ones do not do.
_SCRIPT = r"""
set -eu
longest=$2
exec 9> "$1"
shift 2
flock -w "$longest" 9 || { echo "another installation did not end within $longest s"; exit 1; }
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || grep -qs 'put here by linli' "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\n# put here by linli while it installs; may be removed\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
new=
for package in "$@"; do dpkg -s "$package" > /dev/null 2>&1 || new="$new $package"; done
export DEBIAN_FRONTEND=noninteractive
apt() {
    timeout "$longest" apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
        "$@" < /dev/null 9>&-
}
apt install --no-install-recommends "$@" || {
    apt update
    apt install --no-install-recommends "$@"
}
for package in $new; do
    for service in $(dpkg -L "$package" | sed -n 's#^/etc/init\.d/##p'); do
        update-rc.d "$service" disable > /dev/null 2>&1 || true
    done
    for unit in $(dpkg -L "$package" | sed -n 's#.*/systemd/system/\([^/@]*\.service\)$#\1#p'); do
        DPKG_MAINTSCRIPT_PACKAGE=$package deb-systemd-helper disable "$unit" > /dev/null 2>&1 || true
    done
done
"""


class NotInstalled(Exception):
    """Packages cannot be had; the message says why."""


def install(packages: Sequence[str]) -> None:
    """Install packages as root, or by sudo where it asks no password; what apt-get tells goes to stderr.

    Raises `NotInstalled` where that cannot be.
    """
    run(packages, as_root(packages), LOCK)


def run(packages: Sequence[str], root: Sequence[str], lock: Path, script: str = _SCRIPT) -> None:
    """Run the installation behind `root`; of several processes at once, one waits for the other."""
    command = [*root, "/bin/sh", "-c", script, "linli-install", str(lock), str(_LONGEST), *packages]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=_STDERR, check=False)  # noqa: S603 - our own script
    if ended.returncode != 0:
        raise NotInstalled(f"{_named(packages)} could not be installed (the output of apt-get is above)")


def as_root(packages: Sequence[str]) -> list[str]:
    """What to put before a command that root must run."""
    if shutil.which("apt-get", path=SYSTEM_PATH) is None:
        raise NotInstalled("this system has no Debian package to install")
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo", path=SYSTEM_PATH)
    if sudo is not None:
        asked = subprocess.run([sudo, "-n", "true"], check=False, capture_output=True)  # noqa: S603 - no input
        if asked.returncode == 0:
            return [sudo, "-n"]
    raise NotInstalled(
        f"only root may install {_named(packages)} (`sudo apt-get install --no-install-recommends"
        f" {' '.join(packages)}`; services need not run)"
    )


def _named(packages: Sequence[str]) -> str:
    return f"the package{'s' if len(packages) > 1 else ''} {', '.join(packages)}"
