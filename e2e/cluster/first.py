"""The node's first process: prepares its own namespaces, starts the components, keeps them running.

When it ends, the kernel ends everything in the node.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from e2e.cluster.components import Component, components
from e2e.cluster.place import NODE, NODE_IP, Place

_LOOK = 0.2
_AGAIN = 1.0
_SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet wants of the whole machine. It is shown files that say so, and changes nothing."""


def main(words: Sequence[str]) -> None:
    """`FOLDER PROGRAMS SOCKET TURN`: the node's folder, the components', its door's socket, an open lock."""
    place, programs, listening = Place(Path(words[0])), Path(words[1]), int(words[2])
    os.set_inheritable(int(words[3]), False)  # this process holds it
    _mounts(place)
    _network()
    running = {}
    for component in components(place, programs, listening):
        while subprocess.run(component.after, capture_output=True, check=False).returncode != 0:
            time.sleep(_LOOK)
        running[_start(place, component)] = component
    while True:
        pid, status = os.wait()  # pods' orphans come here, too
        if ended := running.pop(pid, None):
            print(f"{ended.name} ended with status {status}: starting it again", flush=True)
            time.sleep(_AGAIN)
            running[_start(place, ended)] = ended


def _start(place: Place, component: Component) -> int:
    log = str(place.logs / f"{component.name}.log")
    to_log = [
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(component.command[0], list(component.command), os.environ, file_actions=to_log)


def _mounts(place: Place) -> None:
    """What the components change outside their folder, they change in mounts that only the node sees."""
    _run("mount", "--make-rprivate", "/")
    socket.sethostname(NODE)
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    logs = place.state / "var-log"
    logs.mkdir()
    _run("mount", "--bind", str(logs), "/var/log")
    for name, value in _SYSCTLS.items():
        shown = place.state / name.replace("/", "_")
        shown.write_text(f"{value}\n", "utf-8")
        _run("mount", "--bind", str(shown), f"/proc/sys/{name}")
    _run("mount", "--make-rshared", "/")  # the kubelet shares volumes with pods


def _network() -> None:
    """An address of the node's own, on an empty bridge: not every kernel has dummy devices."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "node", "type", "bridge")
    _run("ip", "address", "add", f"{NODE_IP}/24", "dev", "node")
    _run("ip", "link", "set", "node", "up")
    _run("ip", "route", "add", "default", "dev", "node")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "utf-8")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
