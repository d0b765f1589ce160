"""The `linli` command: one service in one role, or the whole platform in one process."""

import argparse
import importlib.metadata
import sys
from collections.abc import Callable, Sequence

from libs.runtime.process import complain
from libs.runtime.shell import EXPECTED, run_service
from libs.runtime.unprivileged import PostgresFailed
from services import up

_EPILOG = """\
a service:  linli cases server | api | projector | migrate | settings
            linli cases rebuild <view>
            linli cases parked list | show <id> | retry <id> | discard <id>
"""

Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; answers the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in up.NAMES:
        return run_service(up.load(words[0]), words[1:])
    arguments = _parser().parse_args(words)
    run: Run = arguments.run
    try:
        return run(arguments)
    except (*EXPECTED, PostgresFailed) as error:
        complain(f"linli: {str(error).strip()}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli",
        description="Community governance on event ledgers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = importlib.metadata.version("linli")
    parser.add_argument("--version", action="version", version=f"linli {version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    everything = commands.add_parser("up", help="run all services in one process, with a bundled PostgreSQL")
    up.add_arguments(everything)
    everything.set_defaults(run=up.run)
    token = commands.add_parser("token", help="print a token of the operator of a running `linli up`")
    calling = commands.add_parser("call", help="call an rpc of a running `linli up` as its operator")
    _add_calling(token, calling)
    for name in up.NAMES:
        commands.add_parser(name, help=f"the {name} service: see `linli {name} --help`", add_help=False)
    return parser


def _add_calling(token: argparse.ArgumentParser, calling: argparse.ArgumentParser) -> None:
    from services import call  # a client's things: only these two need them

    call.add_arguments(token)
    token.set_defaults(run=call.run_token)
    call.add_call_arguments(calling)
    calling.set_defaults(run=call.run_call)


if __name__ == "__main__":
    raise SystemExit(main())
