"""Prometheus' own tool to check and test rules: that of this machine, else the one in Debian's package."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMED = "LINLI_PROMTOOL"
_LONGEST = 600
_BY_HAND = (
    f"install promtool (on Debian and Ubuntu it is in the package prometheus), or set {NAMED} to its path"
)


class PromtoolMissing(Exception):
    """It cannot be had; the message says why and what to do."""


def promtool() -> Path:
    """Where it is: `LINLI_PROMTOOL`, on the PATH, or in the cache, which Debian's package fills (19 MB)."""
    if chosen := os.environ.get(NAMED):
        return _file(Path(chosen))
    if found := shutil.which("promtool"):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linli" / "promtool"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tool = cache / "promtool"
        if not tool.exists():
            _fetch(tool)
    return tool


def _file(path: Path) -> Path:
    if not path.is_file():
        raise PromtoolMissing(f"{NAMED} is {path}, and there is no such file")
    return path


def _fetch(tool: Path) -> None:
    """Unpack the package beside everything: nothing is installed, so nobody needs to be root."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise PromtoolMissing(f"there is no promtool, and no Debian package to take it from: {_BY_HAND}")
    with tempfile.TemporaryDirectory(dir=tool.parent) as folder:
        _run(["apt-get", "-q", "-o", "APT::Sandbox::User=", "download", "prometheus"], folder)
        (package,) = Path(folder).glob("prometheus_*.deb")
        _run(["dpkg-deb", "--extract", package.name, "unpacked"], folder)
        (Path(folder) / "unpacked" / "usr" / "bin" / "promtool").replace(tool)


def _run(command: list[str], folder: str) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_LONGEST)
    if ended.returncode != 0:
        raise PromtoolMissing(f"promtool could not be fetched ({ended.stderr.strip()}): {_BY_HAND}")
