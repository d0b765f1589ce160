"""The options of `make run`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from libs.runtime.bundled.ports import port_number

DATA = Path(".linli")


def arguments_of(words: Sequence[str]) -> argparse.Namespace:
    """What was typed, read; a mistake ends the program with status 2."""
    parser = argparse.ArgumentParser(
        prog="make run",
        usage='make run [ARGS="OPTION ..."]',
        description="Start Linli, load Los Angeles, replay 10,000 real service requests of January 2020\n"
        "through the public API, print a report, and keep serving until Ctrl-C.\n"
        "Takes two to three minutes the first time. Started again it finds its data;\n"
        "interrupted it goes on where it stopped.",
        epilog='For instance: make run ARGS="--port 7500 --http-port 7580"\n'
        "To start over: remove the data folder (rm -rf .linli).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", metavar="DIR", type=Path, default=DATA, help="folder of all its data (.linli)")
    add("--port", metavar="N", type=_port, default=7400, help="port of the gRPC API on 127.0.0.1 (7400)")
    add("--http-port", metavar="N", type=_port, default=7480, help="port of metrics and health (7480)")
    add(
        "--requests", metavar="FILE", type=Path,
        help="other requests in the columns of the city's file (gzipped CSV), for a folder of their own",
    )  # fmt: skip
    add(
        "--first", metavar="N", type=_number,
        help="only the first N rows of the file, for a shorter first run, in a folder of their own",
    )  # fmt: skip
    add(
        "--cluster", action="store_true",
        help="each service in processes of its own over RabbitMQ (`linli cluster`), ports from --port on",
    )  # fmt: skip
    add("--once", action="store_true", help="stop after the report instead of serving on")
    arguments = parser.parse_args(words)
    if arguments.requests is not None and not arguments.requests.is_file():
        parser.error(f"--requests {arguments.requests}: there is no such file")
    return arguments


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of rows: use a whole number from 1 on")
    return int(text)


def _port(text: str) -> int:
    try:
        return port_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
