"""RabbitMQ for tests: one node a session with a fresh vhost per test, and nodes to kill."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.runtime.bundled.rabbitmq_node import Certificates
from libs.testkit.certificates import Authority
from libs.testkit.leftovers import sweep

_PREFIX = "linli-rabbit-test-"
_AT_ONCE = 8


class RabbitServer:
    """The session's node. Vhosts are made and dropped eight at a time: each call starts an Erlang machine."""

    def __init__(self, node: EmbeddedRabbitMQ) -> None:
        self.node = node
        self._fresh: list[str] = []
        self._used: list[str] = []

    def create(self) -> str:
        """A fresh, empty vhost; answers its URL."""
        if not self._fresh:
            self._fresh = [f"test_{uuid4().hex[:12]}" for _ in range(_AT_ONCE)]
            self.node.add_vhost(*self._fresh)
        return self.node.url_of(self._fresh.pop())

    def drop(self, url: str) -> None:
        """Drop the vhost with all that is in it, sooner or later; whoever is still connected is put out."""
        self._used.append(urlsplit(url).path.removeprefix("/"))
        if len(self._used) == _AT_ONCE:
            self.node.drop_vhost(*self._used)
            self._used.clear()

    def arguments(self, url: str) -> dict[str, dict[str, str]]:
        """The queues of a vhost by name, with the arguments they were declared with."""
        node, found = self.node._known().name, self.node.folder / f"queues-{uuid4().hex}"  # noqa: SLF001
        vhost = urlsplit(url).path.removeprefix("/")
        written = "fun(V) when is_binary(V) -> V; (V) -> atom_to_list(V) end"
        row = f'io_lib:format("~s ~s ~s~n", [element(4, Of(get_name, Q)), Key, ({written})(Value)])'
        self.node._call(  # noqa: SLF001
            [
                f"Of = fun(What, Q) -> rpc:call('{node}', amqqueue, What, [Q]) end",
                f"Queues = rpc:call('{node}', rabbit_amqqueue, list, [<<\"{vhost}\">>])",
                f"Rows = [{row} || Q <- Queues, {{Key, _, Value}} <- Of(get_arguments, Q)]",
                f'ok = file:write_file("{found}", Rows)',
            ]
        )
        rows = [line.split(" ") for line in found.read_text().splitlines()]
        return {name: {key: value for of, key, value in rows if of == name} for name, _, _ in rows}

    @contextlib.contextmanager
    def short_of_memory(self) -> Iterator[None]:
        """The node takes nothing from those who publish, as when it has no memory left."""
        self._bound_memory("1")
        try:
            yield
        finally:
            self._bound_memory('"384MiB"')

    def _bound_memory(self, limit: str) -> None:
        node = self.node
        what = f"vm_memory_monitor, set_vm_memory_high_watermark, [{{absolute, {limit}}}]"
        node._call([f"ok = rpc:call('{node._known().name}', {what})"])  # noqa: SLF001 # of our own class


class KillableRabbit(EmbeddedRabbitMQ):
    """A node that one test after the other may kill, stop, wipe and fill."""

    _killed = False

    def kill(self) -> None:
        """SIGKILL to all that belongs to the node, as at a power cut; the data stays, and stays ours."""
        self._killed = True
        super().kill()

    def start(self) -> None:
        """Start the node; without data it is a new one."""
        new = not self.data.exists()
        super().start()
        if new:
            self._killed = False

    def renew(self) -> None:
        """Be as good as new: running, with one empty vhost.

        A node that was killed may have forgotten its queues by half: they are left, and the vhost is another.
        """
        node = self._known()
        if not self.alive:
            self._remember(msgspec.structs.replace(node, vhosts=node.vhosts[:1]))
            self.wipe()
        elif self._killed:
            fresh = f"test_{uuid4().hex[:12]}"
            self._call(node.adding(fresh))
            self._remember(msgspec.structs.replace(node, vhosts=(fresh,)))
        else:
            self._call([*map(node.dropping, node.vhosts), *node.adding(node.vhosts[0])])
            self._remember(msgspec.structs.replace(node, vhosts=node.vhosts[:1]))


@contextlib.contextmanager
def running_rabbit(
    server: Installed | None = None, tls: Certificates | None = None
) -> Iterator[KillableRabbit]:
    """A running private node; stopped, killed or not, it is gone with its data at the end."""
    sweep(_PREFIX, lambda folder: EmbeddedRabbitMQ(folder).kill())
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    node = KillableRabbit(folder, server=server, tls=tls)
    try:
        node.start()
        yield node
    finally:
        node.kill()
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class TlsRabbit:
    """A node that speaks TLS to those whom `authority` vouches for, at 127.0.0.1 and under no other name."""

    node: EmbeddedRabbitMQ
    authority: Authority


@contextlib.contextmanager
def running_tls_rabbit(server: Installed) -> Iterator[TlsRabbit]:
    """A running node with a certificate; it is gone with its data and its authority at the end."""
    with tempfile.TemporaryDirectory(prefix="linli-test-tls-") as made:  # where the node may read
        authority = Authority(Path(made))
        its = authority.sign("rabbit", "127.0.0.1")
        with running_rabbit(server, Certificates(its.certificate, its.key, authority.file)) as node:
            yield TlsRabbit(node, authority)
