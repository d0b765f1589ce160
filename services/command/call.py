"""Calls of `linli call` and `linli token`, and what every command says of a refusal."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.message import Message

from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain, in_their_words, say
from services.command import requests, rpcs
from services.command.connection import Connection, connection


def call_rpc(
    rpc: str, request: str, timeout: float | None, metadata: Mapping[str, str], options: Mapping[str, Any]
) -> int:
    """Call, and print each answer as JSON; answers the exit status. Raises `CannotStart`.

    `metadata`: by which consent or delegation the caller acts for somebody else.
    """
    to = connection(**options)
    method = rpcs.find(rpc)
    if method.server_streaming and timeout is not None:
        raise click.UsageError(f"{rpc} answers with a stream, which is followed without end: no --timeout")
    message = requests.parse(method.input_type, requests.read(request))

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous, metadata=metadata) as client:
            ask = getattr(client.service(method.containing_service), snake_case(method.name))
            answer = ask(message, deadline=timeout)
            for each in answer if method.server_streaming else (answer,):
                say(_written(each))

    return answered(to, send)


def print_token(options: Mapping[str, Any]) -> int:
    """Print the token of a data folder's operator; answers the exit status. Raises `CannotStart`."""
    to = connection(**options)
    if to.of is not None:
        raise CannotStart(
            f"the token of profile {to.profile} is not printed: give --data for that of a folder"
        )
    return answered(to, _token)


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
