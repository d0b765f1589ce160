"""What makes a private RabbitMQ node: its name, ports, user and vhosts, and the files it is configured by."""

import base64
import dataclasses
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from libs.messaging.topology import EXCHANGE, Rights
from libs.runtime.bundled import rabbitmq_code
from libs.runtime.bundled.ports import free_ports
from libs.runtime.bundled.rabbitmq_install import Installed, RabbitMQFailed
from libs.runtime.config.files import put

_MEMORY = "384MiB"  # publishers wait while the node holds more
_DISK = "50MB"  # publishers wait while less is free
_LOG_AHEAD = 32 * 1024 * 1024  # bytes of a quorum queue's write-ahead log file, half a gigabyte by default
_VHOST = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Certificates(NamedTuple):
    """Files in PEM: the node's certificate, its key, and the authority that clients' certificates need."""

    certificate: Path
    key: Path
    authority: Path


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user with rights in one vhost: those of `libs.messaging.topology`."""

    name: str
    password: str
    vhost: str
    configure: str
    write: str
    read: str
    publish: str
    bind: str


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What stays the same as long as the folder lives."""

    name: str
    user: str
    password: str
    vhosts: tuple[str, ...]
    amqp_port: int
    tls_port: int
    distribution_port: int
    mapper_port: int
    users: tuple[User, ...] = ()

    @classmethod
    def new(cls) -> "Node":
        """A node with ports that are free now, and a password of its own."""
        amqp, tls, distribution, mapper = free_ports(4)
        return cls(
            name="linli@localhost",
            user="linli",
            password=secrets.token_urlsafe(18),
            vhosts=("linli",),
            amqp_port=amqp,
            tls_port=tls,
            distribution_port=distribution,
            mapper_port=mapper,
        )

    def adding(self, vhost: str) -> list[str]:
        """The Erlang expressions that make a vhost which the node's user may use."""
        name, user, anything = _binary(_checked(vhost)), _binary(self.user), _binary(".*")
        rights = f"[{user}, {name}, {anything}, {anything}, {anything}, {user}]"
        return [
            f"ok = rpc:call('{self.name}', rabbit_vhost, add, [{name}, {user}])",
            f"ok = rpc:call('{self.name}', rabbit_auth_backend_internal, set_permissions, {rights})",
        ]

    def user_of(self, vhost: str, name: str, rights: Rights) -> User:
        """A user of a vhost, with the password that it has, or a new one."""
        full = f"{_checked(vhost)}.{name}"
        password = next((each.password for each in self.users if each.name == full), None)
        return User(
            name=full,
            password=password or secrets.token_urlsafe(18),
            vhost=vhost,
            **dataclasses.asdict(rights),
        )

    def admitting(self, user: User) -> list[str]:
        """The Erlang expressions that make a user, or give the one that is there these rights."""
        own, vhost, by = _binary(user.name), _binary(user.vhost), _binary(self.user)
        module = f"'{self.name}', rabbit_auth_backend_internal"
        rights = ", ".join(map(_binary, (user.configure, user.write, user.read)))
        topics = ", ".join(map(_binary, (EXCHANGE, user.publish, user.bind)))
        secret = f"[{own}, {_binary(user.password)}, {by}]"
        again = f"({{error, {{user_already_exists, _}}}}) -> rpc:call({module}, change_password, {secret})"
        return [
            f"ok = (fun(ok) -> ok; {again} end)(rpc:call({module}, add_user, {secret}))",
            f"ok = rpc:call({module}, set_permissions, [{own}, {vhost}, {rights}, {by}])",
            f"ok = rpc:call({module}, set_topic_permissions, [{own}, {vhost}, {topics}, {by}])",
        ]

    def dropping(self, vhost: str) -> str:
        """The Erlang expression that drops a vhost, or finds it gone."""
        what = f"[{_binary(_checked(vhost))}, {_binary(self.user)}]"
        call = f"rpc:call('{self.name}', rabbit_vhost, delete, {what})"
        return f"(fun({{badrpc, Why}}) -> error(Why); (_) -> ok end)({call})"


def configure(node: Node, folder: Path, tls: Certificates | None, server: Installed) -> None:
    """Write the files by which the node starts, with a fresh cookie for Erlang."""
    for name in ("data", "log", "generated"):
        (folder / name).mkdir(exist_ok=True)
    put(folder / ".erlang.cookie", secrets.token_hex(20).encode(), mode=0o400)
    put(folder / "rabbitmq.config", os.fsencode(config(node, tls)))
    put(folder / "advanced.config", b"[].\n")
    put(folder / "enabled_plugins", b"[].\n")
    rabbitmq_code.link(server, folder)
    put(folder / "definitions.json", msgspec.json.encode(definitions(node)))


def config(node: Node, tls: Certificates | None) -> str:
    """The node's rabbitmq.config, whose terms 3.10 and 4.x both know.

    Not a rabbitmq.conf: to read that, every start would compile RabbitMQ's whole schema.
    """
    rabbit = [
        f'{{tcp_listeners, [{{"127.0.0.1", {node.amqp_port}}}]}}',
        "{num_tcp_acceptors, 2}",
        '{load_definitions, "definitions.json"}',  # beside us: its reader takes no path that is not ASCII
        f'{{vm_memory_high_watermark, {{absolute, "{_MEMORY}"}}}}',
        f'{{disk_free_limit, "{_DISK}"}}',
        "{log, [{file, [{level, info}]}]}",
    ]
    if tls is not None:
        files = zip(("certfile", "keyfile", "cacertfile"), tls, strict=True)
        options = [f"{{{what}, {_text(file.resolve())}}}" for what, file in files]
        options += ["{verify, verify_peer}", "{fail_if_no_peer_cert, false}"]
        rabbit += [
            f'{{ssl_listeners, [{{"127.0.0.1", {node.tls_port}}}]}}',
            "{num_ssl_acceptors, 2}",
            f"{{ssl_options, [{', '.join(options)}]}}",
        ]
    terms = ",\n    ".join(rabbit)
    return f"[{{rabbit, [\n    {terms}]}},\n {{ra, [{{wal_max_size_bytes, {_LOG_AHEAD}}}]}}].\n"


def definitions(node: Node) -> dict[str, Any]:
    """The users and the vhosts, which the node takes in at every start: so they survive its data."""
    theirs = admitted([each for each in node.users if each.vhost in node.vhosts])
    may = {"user": node.user, "configure": ".*", "write": ".*", "read": ".*"}
    return {
        **theirs,
        "users": [_defined(node.user, node.password), *theirs["users"]],
        "vhosts": [{"name": vhost} for vhost in node.vhosts],
        "permissions": [*({"vhost": vhost, **may} for vhost in node.vhosts), *theirs["permissions"]],
    }


def admitted(users: Sequence[User]) -> dict[str, Any]:
    """The definitions of users with their rights, and of their vhosts."""
    return {
        "users": [_defined(each.name, each.password) for each in users],
        "vhosts": [{"name": vhost} for vhost in sorted({each.vhost for each in users})],
        "permissions": [
            {
                "user": each.name,
                "vhost": each.vhost,
                "configure": each.configure,
                "write": each.write,
                "read": each.read,
            }
            for each in users
        ],
        "topic_permissions": [
            {
                "user": each.name,
                "vhost": each.vhost,
                "exchange": EXCHANGE,
                "write": each.publish,
                "read": each.bind,
            }
            for each in users
        ],
    }


def _defined(name: str, password: str) -> dict[str, str]:
    salt = os.urandom(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": name,
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def environment(node: Node, folder: Path, server: Installed) -> dict[str, str]:
    """The environment of everything that belongs to the node: nothing of this machine's own RabbitMQ."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
    path = os.pathsep.join(filter(None, (str(server.erl.parent), ours.get("PATH"), "/usr/bin:/bin")))
    linked = (folder / rabbitmq_code.PLUGINS).is_dir()
    return {
        **ours,
        "PATH": path,
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder),  # where Erlang looks for its cookie
        "ERL_EPMD_PORT": str(node.mapper_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP_BYTES": "0",
        "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the machine: no shell between us and it
        "RABBITMQ_NODENAME": node.name,
        "RABBITMQ_DIST_PORT": str(node.distribution_port),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.config"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": str(folder / "log" / "node.log"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        # where the node runs: RabbitMQ would split the whole path at a colon
        **({"RABBITMQ_PLUGINS_DIR": rabbitmq_code.PLUGINS} if linked else {}),
        "RABBITMQ_SCHEDULER_BIND_TYPE": "u",  # bound to the same cores, several nodes would queue for them
        "RABBITMQ_MAX_NUMBER_OF_PROCESSES": "65536",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "+S 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none"
            f" -kernel inet_dist_use_interface {{127,0,0,1}} {rabbitmq_code.first(server)}"
        ),
    }


def _checked(vhost: str) -> str:
    if _VHOST.fullmatch(vhost) is None:
        raise RabbitMQFailed(f"{vhost!r} is not a vhost name: use up to 64 letters, digits, - and _")
    return vhost


def _text(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _binary(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'<<"{escaped}">>'


def erlang(expressions: Iterable[str]) -> str:
    """A program of the expressions, one after the other; a failing one ends it with a message and 1."""
    return (
        f"try {', '.join(expressions)}, halt(0)"
        ' catch _:Error -> io:format(standard_error, "~0p~n", [Error]), halt(1) end.'
    )
