"""`linli token` and `linli call`: a running platform from the command line."""

import sys
from collections.abc import Callable
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.message import Message

from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain, in_their_words, say
from services.command import requests, rpcs
from services.command.connection import Connection, connection, connection_options

_CALL_HELP = """\
\b
REQUEST is JSON [{}]; @FILE reads it from a file, - from standard input.
For instance:
  linli call cases.ListCases '{"filter": "state = ROUTED", "page_size": 3}'
  linli call identity.DefineArea @area.json

It is called in the name of the profile in use (`linli login`), else of the first operator of the data
folder. LINLI_TOKEN calls with another token.
"""


@click.command()
@connection_options
def token(**options: Any) -> int:
    """Print a token of the first operator of a data folder, on which a platform runs.

    The token of a profile is never printed.
    """
    to = connection(**options)
    if to.of is not None:
        raise CannotStart(
            f"the token of profile {to.profile} is not printed: give --data for that of a folder"
        )
    return answered(to, _token)


def _complete(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in rpcs.names() if name.startswith(incomplete)]


@click.command(epilog=_CALL_HELP)
@connection_options
@click.argument("rpc", metavar="SERVICE.RPC", shell_complete=_complete)
@click.argument("request", default="{}")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    metavar="SECONDS",
    help="how long to wait for the answer [10]; a stream is followed without end",
)
def call(rpc: str, request: str, timeout: float | None, **options: Any) -> int:
    """Call an rpc of a running platform; print its answer, or each answer of a stream, as JSON."""
    to = connection(**options)
    method = rpcs.find(rpc)
    if method.server_streaming and timeout is not None:
        raise click.UsageError(f"{rpc} answers with a stream, which is followed without end: no --timeout")
    message = requests.parse(method.input_type, requests.read(request))

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            ask = getattr(client.service(method.containing_service), snake_case(method.name))
            answer = ask(message, deadline=timeout)
            for each in answer if method.server_streaming else (answer,):
                say(_written(each))

    return answered(to, send)


def _token(to: Connection) -> None:
    with to.anonymous() as anonymous:
        say(to.fetch(anonymous)[0])


def answered(to: Connection, send: Callable[[Connection], None]) -> int:
    """Send; a refusal is said with its reason and the fields at fault. Answers the exit status."""
    try:
        send(to)
    except RpcFailed as failed:
        if sentence := to.unreached(failed):
            raise CannotStart(sentence) from None
        complain("\n".join(sentences(failed)))
        if advice := to.refused_token(failed):
            complain(in_their_words(f"  {advice}"))
        return 1
    return 0


def _written(answer: Message) -> str:
    r"""An answer as JSON, with `\u…` for each character where the terminal cannot show all of them."""
    text = json_format.MessageToJson(answer, ensure_ascii=False, preserving_proto_field_name=True)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json_format.MessageToJson(answer, ensure_ascii=True, preserving_proto_field_name=True)
    return text


def sentences(failed: RpcFailed) -> list[str]:
    """A refusal in lines: what was refused and why, each field at fault, the facts and when to come again.

    Nothing is said twice.
    """
    service, _, rpc = failed.rpc.lstrip("/").rpartition("/")
    named = f"{service.split('.')[1]}.{rpc}" if service.startswith("linli.") else failed.rpc
    message, fields = failed.message, dict(failed.violations)
    for field, wanted in failed.violations.items():
        if message.startswith(wanted):  # the details have less room than the message: it is the whole of both
            message, fields[field] = "", message
        message = message.partition(f": {field}: ")[0]
    first = ": ".join(
        part for part in (named, f"{failed.code.name} {failed.reason}".strip(), message) if part
    )
    return [first, *(f"  {name}: {told}" for name, told in {**_facts(failed), **fields}.items())]


def _facts(failed: RpcFailed) -> dict[str, str]:
    """The facts of a refusal that its message does not tell, the quota that is used up, and the pause."""
    facts = {
        name: told
        for name, told in failed.metadata.items()
        if name != "retry_after_seconds" and not all(each in failed.message for each in told.split(","))
    }
    pause = {"try again after": f"{failed.retry_after:g} s"} if failed.retry_after else {}
    return {**facts, **failed.exceeded, **pause}
