"""What a node needs of this machine (programs, privileges, Go), and what to do where it is missing."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from libs.runtime.bundled import debian

_PROGRAMS = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
"""Programs, and Debian's packages that bring them."""
_BUILDERS = {"buildah": "buildah", "debootstrap": "debootstrap"}
"""What `make image` needs where there is no docker, and no image registry."""
_READERS = {"curl": "curl", "jq": "jq", "openssl": "openssl", "ss": "iproute2"}
"""What the guide asks its reader to run, besides the programs of Linli and of Kubernetes."""
_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "pids")
_NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--mount-proc")
_OLDEST_GO = (1, 24)
_GO_FOLDERS = "/usr/local/go/bin:/usr/lib/go/bin"
CONTROL_GROUPS = Path("/sys/fs/cgroup")


MISSING = 3
"""The exit status where this machine cannot do what was asked; CI then goes on, and says so."""


class Missing(Exception):
    """This machine cannot run a node; the message says what is missing and what to do."""


class BuildFailed(Exception):
    """What is to be built is wrong, and not the machine; the words of what builds it stand above."""


def packages(programs: Mapping[str, str] = _PROGRAMS) -> list[str]:
    """Debian's packages that are missing."""
    path = f"{os.environ.get('PATH', '')}:{debian.SYSTEM_PATH}"
    return sorted(
        {package for program, package in programs.items() if shutil.which(program, path=path) is None}
    )


def install(say: Callable[[str], None], *, image: bool = False) -> None:
    """Install the packages that are missing, without starting services. Raises `Missing` where that fails.

    `image`: those, too, by which Linli's image is built, and those that the tests of the guide run.
    """
    if wanted := packages({**_PROGRAMS, **({**_BUILDERS, **_READERS} if image else {})}):
        say(f"installing Debian's packages {', '.join(wanted)}")
        try:
            debian.install(wanted)
        except debian.NotInstalled as failed:
            raise Missing(f"a node needs {', '.join(wanted)}, and {failed}") from failed


def check() -> None:
    """Raise `Missing` with everything that is missing but packages."""
    if lacks := list(_lacks()):
        raise Missing(
            "no node can run on this machine:\n"
            + "\n".join(f"- {each}" for each in lacks)
            + "\nThe tests can use another cluster instead: set KUBECONFIG to it."
        )


def find_go() -> str:
    """The `go` command. Raises `Missing` where there is none, or where it is too old."""
    found = shutil.which("go", path=f"{os.environ.get('PATH', '')}:{_GO_FOLDERS}")
    advice = f"install Go {'.'.join(map(str, _OLDEST_GO))} or newer, and put `go` on the PATH"
    if found is None:
        raise Missing(f"Kubernetes is built from Go modules, and there is no Go: {advice}")
    said = subprocess.run([found, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"go(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST_GO:
        raise Missing(
            f"Kubernetes is built from Go modules, and {found} is {said.strip() or 'broken'}: {advice}"
        )
    return found


def _lacks() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "root's rights: run it as root (a container does, if it is privileged)"
        return
    tried = subprocess.run(["unshare", *_NAMESPACES, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        yield f"namespaces of its own (CAP_SYS_ADMIN): {tried.stderr.strip()}"
    hierarchies = control_groups()
    if not hierarchies or not all(os.access(each, os.W_OK) for each in hierarchies):
        yield f"control groups that may be written: mount them at {CONTROL_GROUPS}"
    elif not (CONTROL_GROUPS / "cgroup.controllers").exists():
        absent = [each for each in _CONTROLLERS if not (CONTROL_GROUPS / each).exists()]
        if absent:
            yield f"the control groups {', '.join(absent)}"


def control_groups() -> list[Path]:
    """The roots of all hierarchies: one in version 2, one for each controller in version 1."""
    if (CONTROL_GROUPS / "cgroup.controllers").exists():
        return [CONTROL_GROUPS]
    return [each for each in CONTROL_GROUPS.iterdir() if each.is_dir() and not each.is_symlink()]
