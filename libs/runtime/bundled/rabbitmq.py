"""A private RabbitMQ node in a folder of its own: started, killed, wiped; for development and tests."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import msgspec
from kombu.connection import Connection

from libs.messaging.topology import Rights
from libs.runtime.bundled.rabbitmq_install import Installed, RabbitMQFailed, find
from libs.runtime.bundled.rabbitmq_node import Certificates, Node, configure, environment, erlang
from libs.runtime.config.files import put

_LONGEST_START = 120.0  # seconds; two to five are usual
_LONGEST_STOP = 15.0
_LONGEST_CALL = 20.0
_MARK = "LINLI_RABBITMQ_FOLDER"


class EmbeddedRabbitMQ:
    """One node over one folder, on ports of the loopback interface that stay the same at every start.

    Any number of nodes run side by side: each has its own ports, its own Erlang port mapper and a
    cookie of its own. `url` and the vhosts outlive `kill` and `wipe`. One process at a time holds a
    folder. Not for sharing between threads.
    """

    def __init__(
        self, folder: Path, *, server: Installed | None = None, tls: Certificates | None = None
    ) -> None:
        self.folder = folder.expanduser().resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log" / "node.log"
        self._server = server
        self._tls = tls
        self._node: Node | None = None
        self._children: list[subprocess.Popen[bytes]] = []
        self._held: IO[str] | None = None

    @property
    def port(self) -> int:
        """Where AMQP is spoken, on 127.0.0.1."""
        return self._known().amqp_port

    @property
    def url(self) -> str:
        """`amqp://user:password@127.0.0.1:port/vhost`, the same as long as the folder lives."""
        return self.url_of(self._known().vhosts[0])

    @property
    def tls_url(self) -> str:
        """The same over TLS (`amqps://`), where the node was given certificates."""
        node = self._known()
        return self._address("amqps", node.tls_port, node.vhosts[0])

    def url_of(self, vhost: str) -> str:
        """The URL of another vhost of this node."""
        return self._address("amqp", self._known().amqp_port, vhost)

    @property
    def alive(self) -> bool:
        """Whether the broker itself runs; its port mapper outlives it."""
        return bool(self._machines())

    def start(self) -> None:
        """Start the node, or take over one that outlived its process; returns when AMQP answers.

        Raises `RabbitMQFailed`, with the node's last words where it had any.
        """
        if self._held is None:
            self._hold()
        try:
            self._node = self._load()
            if self.pids() and self._answers():
                return
            self.kill()
            self._launch(self._server or find())
            self._await_answer()
        except BaseException:
            self.kill()
            self._release()
            raise

    def stop(self) -> None:
        """Stop the node in order, within seconds. Stopping twice is fine."""
        machines = self._machines()
        for pid in machines:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _LONGEST_STOP
        while any(map(self._has, machines)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.kill()
        self._release()

    def kill(self) -> None:
        """SIGKILL to all that belongs to the node, as at a power cut; the data stays, and stays ours."""
        while pids := self.pids():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        for child in self._children:
            child.wait()
        self._children.clear()

    def restart(self) -> None:
        """Start again over the same data, on the same ports; kills the node if it runs."""
        self.kill()
        self.start()

    def wipe(self) -> None:
        """Delete the data under the node, running or not, and start it again: empty, at the same URLs."""
        shutil.rmtree(self.data, ignore_errors=True)  # a running node may still write
        self.kill()
        if self.data.exists():
            shutil.rmtree(self.data)
        self.start()

    def add_vhost(self, *names: str) -> None:
        """Add empty vhosts (of letters, digits, `-` and `_`) that the node's user may use."""
        node = self._known()
        calls = [call for name in names for call in node.adding(name)]
        self._call(calls)
        self._remember(msgspec.structs.replace(node, vhosts=(*node.vhosts, *names)))

    def admit(self, users: Mapping[str, Rights], vhost: str = "") -> dict[str, str]:
        """Let users into a vhost [the first], each with its own rights; answers their URLs.

        Who was let in before keeps the password.
        """
        node = self._known()
        vhost = vhost or node.vhosts[0]
        admitted = {name: node.user_of(vhost, name, rights) for name, rights in users.items()}
        self._call([call for user in admitted.values() for call in node.admitting(user)])
        named = {user.name for user in admitted.values()}
        others = [user for user in node.users if user.name not in named]
        self._remember(msgspec.structs.replace(node, users=(*others, *admitted.values())))
        return {
            name: self._address("amqp", node.amqp_port, vhost, user.name, user.password)
            for name, user in admitted.items()
        }

    def drop_vhost(self, *names: str) -> None:
        """Drop vhosts with all that is in them; whoever is connected is put out."""
        node = self._known()
        self._call([node.dropping(name) for name in names])
        kept = tuple(vhost for vhost in node.vhosts if vhost not in names)
        self._remember(msgspec.structs.replace(node, vhosts=kept))

    def flush(self) -> None:
        """Have the node write down which quorum queues it has, which it does seconds after it made them.

        RabbitMQ (3.10 and 4.0), killed before that, brings a new queue back empty and without a leader:
        whoever consumes from it waits in vain until the queue is deleted and declared again.
        """
        node = self._known().name
        self._call(
            [f"ok = rpc:call('{node}', lists, foreach, [fun dets:sync/1, rpc:call('{node}', dets, all, [])])"]
        )

    def pids(self) -> list[int]:
        """The processes of this node that live: the Erlang machine, its ports, its port mapper."""
        return [pid for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*")) if self._has(pid)]

    def _has(self, pid: int) -> bool:
        """Whether a process lives and belongs to this node."""
        mark = os.fsencode(f"{_MARK}={self.folder}")
        with contextlib.suppress(OSError):
            return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return False

    def _machines(self) -> list[int]:
        return [pid for pid in self.pids() if _command(pid).startswith("beam")]

    def last_words(self, lines: int = 12) -> str:
        """The end of what the node wrote to its log and to its console."""
        said = []
        for path in (self.log, self.folder / "log" / "console.log"):
            if path.exists():
                said += [
                    line for line in path.read_text("utf-8", errors="replace").splitlines() if line.strip()
                ][-lines:]
        return "\n".join(said)

    def _known(self) -> Node:
        if self._node is None:
            self._node = self._load()
        return self._node

    def _load(self) -> Node:
        """What makes this node: made up once, then as remembered."""
        file = self.folder / "node.json"
        try:
            return msgspec.json.decode(file.read_bytes(), type=Node)
        except msgspec.DecodeError:
            raise RabbitMQFailed(
                f"{file} is damaged: remove {self.folder}; nothing in RabbitMQ needs a backup"
            ) from None
        except FileNotFoundError:
            self.folder.mkdir(parents=True, exist_ok=True)
            return self._remember(Node.new())

    def _remember(self, node: Node) -> Node:
        put(self.folder / "node.json", msgspec.json.encode(node))
        self._node = node
        return node

    def _address(self, scheme: str, port: int, vhost: str, user: str = "", password: str = "") -> str:
        node = self._known()
        secret = quote(password or node.password, safe="")
        return f"{scheme}://{user or node.user}:{secret}@127.0.0.1:{port}/{quote(vhost, safe='')}"

    def _hold(self) -> None:
        """Keep others out of the folder; the system lets go for us if we are killed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._held = (self.folder / "lock").open("a+")
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise RabbitMQFailed(
                f"{self.folder} is in use by another process: stop that one, or choose another folder"
            ) from None
        except OSError as error:
            raise RabbitMQFailed(f"cannot use {self.folder} as RabbitMQ's folder: {error}") from error

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _launch(self, server: Installed) -> None:
        node = self._known()
        configure(node, self.folder, self._tls, server)
        self._spawn(server, str(server.epmd), "-port", str(node.mapper_port), "-address", "127.0.0.1")
        self._spawn(server, str(server.script))

    def _spawn(self, server: Installed, *command: str) -> None:
        env = {**environment(self._known(), self.folder, server), _MARK: str(self.folder)}
        with (self.folder / "log" / "console.log").open("ab") as console:
            try:
                child = subprocess.Popen(  # noqa: S603 - the programs that were found, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    env=env,
                    start_new_session=True,  # Ctrl-C is for whoever started the node, and stops it in order
                )
            except OSError as error:
                raise RabbitMQFailed(f"cannot run {command[0]}: {error}") from error
        self._children.append(child)

    def _await_answer(self) -> None:
        machine = self._children[-1]
        deadline = time.monotonic() + _LONGEST_START
        while not self._answers():
            if machine.poll() is not None or time.monotonic() > deadline:
                what = (
                    "ended" if machine.poll() is not None else f"did not answer within {_LONGEST_START:.0f} s"
                )
                raise RabbitMQFailed(f"RabbitMQ {what} while starting in {self.folder}:\n{self.last_words()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Whether the node lets its user into its vhost."""
        connection: Any = Connection(self.url, connect_timeout=2)
        transport = connection.transport
        try:  # not connection.connect(), which waits two seconds before it tries again
            transport.close_connection(transport.establish_connection())
        except (OSError, *connection.connection_errors):
            return False
        return True

    def _call(self, expressions: Sequence[str]) -> None:
        """Have the running node work the Erlang expressions: a third of a second, rabbitmqctl needs two."""
        server = self._server or find()
        name = f"linli_call_{secrets.token_hex(4)}@localhost"
        quiet = ("-noinput", "-hidden", "-boot", "no_dot_erlang", "-sname", name)
        command = [str(server.erl), *quiet, "-eval", erlang(expressions)]
        env = environment(self._known(), self.folder, server)
        try:
            ended = subprocess.run(  # noqa: S603 - the program that was found, no shell
                command,
                env=env,
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_LONGEST_CALL,
            )
        except subprocess.TimeoutExpired:
            raise RabbitMQFailed(
                f"RabbitMQ in {self.folder} did not finish the call within {_LONGEST_CALL:.0f} s"
            ) from None
        if ended.returncode != 0:
            said = (ended.stderr or ended.stdout).strip()
            raise RabbitMQFailed(f"RabbitMQ in {self.folder} refused the call, or is not running: {said}")


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
