"""The `linli` command: one service in one role, the whole platform in one process, or a cluster of them."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from libs.messaging import topology
from libs.runtime.bundled.rabbitmq_install import RabbitMQFailed
from libs.runtime.bundled.unprivileged import PostgresFailed
from libs.runtime.host.process import INTERRUPTED, complain, in_their_words, say
from libs.runtime.host.shell import EXPECTED, ROLES, run_service
from libs.telemetry import metrics
from services import cluster, unknown, up

_EPILOG = """\
a service:  linli cases server | worker | api | projector | relay | migrate | settings
            linli cases rebuild <view>
            linli cases parked list | show <id> | retry <id> | discard <id>
"""

Command = Callable[[argparse.Namespace], int]


_ROLES = {*ROLES, "worker"}
_PIPE_CLOSED = 141
"""What a shell calls the end of a program whose reader (`| head`) has gone."""


def main() -> int:
    """Run the command line of this process; answers the exit status."""
    try:
        return run(sys.argv[1:])
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may Python's last flush fail
        return _PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED


def run(words: Sequence[str]) -> int:
    """Run the command line; answers the exit status."""
    if words and _runs_on(words):
        unknown.warn()
    if words and words[0] in up.NAMES:
        if words[1:2] == ["worker"]:  # another kind of process, from its first import on
            os.execv(sys.executable, [sys.executable, "-m", f"services.{words[0]}", *words[1:]])  # noqa: S606
        return run_service(up.load(words[0]), words[1:])
    if not words:
        _parser().print_help()
        return 0
    arguments = _parser().parse_args(words)
    command: Command = arguments.run
    try:
        return command(arguments)
    except (*EXPECTED, PostgresFailed, RabbitMQFailed) as error:
        complain(in_their_words(f"linli: {str(error).strip()}"))
        return 1


def _runs_on(words: Sequence[str]) -> bool:
    """Whether this is a start of something that runs on, rather than a question or a call for help."""
    starts = words[0] in {"up", "cluster"} or (words[0] in up.NAMES and words[1:2] and words[1] in _ROLES)
    return bool(starts) and not {"-h", "--help"} & set(words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli",
        description="Community governance on event ledgers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"linli {metrics.version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    everything = commands.add_parser("up", help="run all services in one process, with a bundled PostgreSQL")
    everything.formatter_class, everything.epilog = argparse.RawDescriptionHelpFormatter, up.EPILOG
    up.add_arguments(everything)
    everything.set_defaults(run=up.run)
    many = commands.add_parser("cluster", help="run each service's processes, kept running, over RabbitMQ")
    many.formatter_class, many.epilog = argparse.RawDescriptionHelpFormatter, cluster.EPILOG
    cluster.add_arguments(many)
    many.set_defaults(run=cluster.run)
    token = commands.add_parser("token", help="print a token of the operator of what runs")
    calling = commands.add_parser("call", help="call an rpc of a running `linli up` or `linli cluster`")
    _add_calling(token, calling)
    tells = commands.add_parser("topology", help="print what Linli keeps in RabbitMQ, in Markdown")
    tells.set_defaults(run=_tell_topology)
    for name in up.NAMES:
        commands.add_parser(name, help=f"the {name} service: see `linli {name} --help`", add_help=False)
    return parser


def _tell_topology(_: argparse.Namespace) -> int:
    say(topology.page({name: sorted(up.load(name).subscriptions) for name in up.NAMES}).rstrip())
    return 0


def _add_calling(token: argparse.ArgumentParser, calling: argparse.ArgumentParser) -> None:
    from services import call  # a client's things: only these two need them

    call.add_arguments(token)
    token.set_defaults(run=call.run_token)
    call.add_call_arguments(calling)
    calling.set_defaults(run=call.run_call)


if __name__ == "__main__":
    raise SystemExit(main())
