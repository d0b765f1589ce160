"""A node goes up, answers, and goes down; nothing of it stays on the machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import keys, settings
from e2e.cluster.cache import HERE, Entry
from e2e.cluster.locks import TURN, Taken, alone, end_turn, take_turn
from e2e.cluster.needs import control_groups
from e2e.cluster.place import FOLDER, NODE, ROOT, Place
from e2e.cluster.volumes import volumes
from libs.testkit.processes import children, lives

_NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts")
_UP_WITHIN = 300.0
_DOWN_WITHIN = 60.0
_LOOK = 0.2
_SHARES_OF_A_CORE = 1024
_LONGEST_FOLDER = 68  # bytes: the kubelet adds 39 for its longest socket, and the system takes 107


class NodeFailed(Exception):
    """The node did not come up, or did not go away; the message says what was waited for."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node, at its place, made of an entry of the cache; while it runs it has its `turn`."""

    place: Place
    made_of: Entry
    turn: Path = TURN

    @property
    def runs(self) -> bool:
        """Whether its first process runs."""
        return self.place.first() is not None

    def up(self, say: Callable[[str], None]) -> None:
        """Start it and wait until pods have DNS. Where that fails it ends again, and only its logs stay.

        Raises `NodeFailed`, or `NotANodesFolder` where something else lies in its folder.
        """
        if self.runs:
            raise NodeFailed(f"the node is up: KUBECONFIG={self.place.kubeconfig}")
        self.down()
        if len(os.fsencode(self.place.root)) > _LONGEST_FOLDER:
            raise NodeFailed(
                f"{self.place.root} is too long a path for the sockets of a node:"
                f" let {FOLDER} name a folder of at most {_LONGEST_FOLDER} bytes"
            )
        began = time.monotonic()
        turn = self._take_turn()
        try:
            self.place.make()
            try:
                self._come_up(turn)
            except BaseException:
                self._end()
                self.place.keep_logs()
                raise
        finally:
            os.close(turn)  # the node has it now
        say(f"up after {time.monotonic() - began:.0f} s: KUBECONFIG={self.place.kubeconfig}")

    def down(self) -> None:
        """End everything in the node, and remove its control groups and its folder."""
        self.place.check()
        self._end()
        self.place.remove()
        end_turn(self.turn)

    def _take_turn(self) -> int:
        try:
            return take_turn(self.turn, f"the checkout {ROOT} (in {self.place.root})")
        except Taken as by:
            raise NodeFailed(
                f"a node of {by} runs on this machine, and two would starve each other:"
                " run `make cluster-down` there, or wait until its tests are over"
            ) from by

    def _come_up(self, turn: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            keys.make(self.place, listening.getsockname()[1])
            settings.write(self.place)
            self._make_control_groups()
            self._start(listening.fileno(), turn)
        self._until("containerd answers", ["ctr", "-a", str(self.place.containerd), "version"])
        for image in self.made_of.images:
            self.load(image)
        self._until("the API server is ready", self.kubectl("get", "--raw", "/readyz"))
        self._until("the node is registered", self.kubectl("get", "node", NODE))
        self._apply((HERE / "addons" / "coredns.yaml").read_text("utf-8"))
        self._apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": volumes(self.place)}))
        self._until("the node is ready", self.kubectl("wait", "--for=condition=Ready", f"node/{NODE}"))
        rollout = ("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=10s")
        self._until("pods have DNS", self.kubectl(*rollout))

    def _end(self) -> None:
        if (first := self.place.first()) is not None:
            os.kill(first, signal.SIGKILL)
            ends = time.monotonic() + _DOWN_WITHIN
            while lives(first):
                if time.monotonic() > ends:
                    raise NodeFailed(f"process {first} does not end")
                time.sleep(_LOOK)
        self._remove_control_groups()

    def kubectl(self, *words: str) -> list[str]:
        """The command that runs kubectl on this node's cluster."""
        return [str(self.made_of.programs / "kubectl"), "--kubeconfig", str(self.place.kubeconfig), *words]

    def load(self, image: Path) -> None:
        """Give the node the images of an archive, as `docker save` or `buildah push` writes it.

        An archive that it was given, and that has not changed since, is not read again.
        """
        about = image.stat()
        noted = self.place.images / f"{image.stem}-{about.st_size}-{about.st_mtime_ns}"
        with alone(self.place.images):
            if not noted.exists():
                into = ("ctr", "-a", str(self.place.containerd), "-n", "k8s.io")
                self.inside(*into, "images", "import", str(image))
                noted.touch()

    def inside(self, *command: str) -> str:
        """Run a command in the node's own namespaces; what it printed."""
        entered = self.entering(*_NAMESPACES, *command)
        ended = subprocess.run(entered, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise NodeFailed(f"{' '.join(command)}: {ended.stderr or ended.stdout}")
        return ended.stdout

    def entering(self, *words: str) -> list[str]:
        """The command that runs another in some of the node's namespaces: `--net`, ..., then the other.

        Raises `NodeFailed` unless the node is up.
        """
        first = self.place.first()
        if first is None:
            raise NodeFailed("the node is not up: run `make cluster-up`")
        return ["nsenter", "--target", str(first), *words]

    def _start(self, listening: int, turn: int) -> None:
        """The first process, in namespaces of its own; it outlives us."""
        words = (str(self.place.root), str(self.made_of.programs), str(listening), str(turn))
        first = [sys.executable, "-m", "e2e.cluster.first", *words]
        with (self.place.logs / "first.log").open("w") as log:
            started = subprocess.Popen(
                ["unshare", *_NAMESPACES, "--fork", "--kill-child", "--mount-proc", *first],
                cwd=ROOT,
                pass_fds=[listening, turn],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            while not (inside := children(started.pid)):
                if started.poll() is not None:
                    raise self._failed("its namespaces")
                time.sleep(_LOOK)
            self.place.note(inside[0])
        except BaseException:
            started.kill()  # nobody could find it later; what it started ends with it
            raise

    def _apply(self, manifests: str) -> None:
        applying = self.kubectl("apply", "-f", "-")
        ended = subprocess.run(applying, input=manifests, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise NodeFailed(ended.stderr)

    def _until(self, what: str, command: Sequence[str]) -> None:
        """Try until the command succeeds."""
        ends = time.monotonic() + _UP_WITHIN
        while (tried := subprocess.run(command, capture_output=True, text=True, check=False)).returncode != 0:
            if not self.runs or time.monotonic() > ends:
                raise self._failed(f"{what} ({tried.stderr.strip()})")
            time.sleep(_LOOK)

    def _failed(self, what: str) -> NodeFailed:
        said = (self.place.logs / "first.log").read_text("utf-8").strip()
        return NodeFailed(f"the node did not come to: {what}. {said}\nIts logs: {self.place.logs}")

    def _make_control_groups(self) -> None:
        """They get the weight that a node's pods have elsewhere, where they are no group within a group."""
        for hierarchy in control_groups():
            own = hierarchy / self.place.name
            own.mkdir(exist_ok=True)
            if (shares := own / "cpu.shares").exists():
                shares.write_text(str(_SHARES_OF_A_CORE * (os.cpu_count() or 1)), "ascii")

    def _remove_control_groups(self) -> None:
        """They are empty: deepest first. The kernel may need a moment to notice that a process is gone."""
        for hierarchy in control_groups():
            own = hierarchy / self.place.name
            ends = time.monotonic() + _DOWN_WITHIN
            while own.exists():
                for group, _, _ in os.walk(own, topdown=False):  # `rglob` fails where one goes meanwhile
                    with suppress(OSError):
                        Path(group).rmdir()
                if time.monotonic() > ends:
                    raise NodeFailed(f"the control group {own} is still in use")
                time.sleep(0 if not own.exists() else _LOOK)
