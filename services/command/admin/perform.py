"""Does an act of the table: makes the request, asks, calls, and shows the answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import uuid4

import click
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc.client import Client
from libs.rpc.naming import snake_case
from libs.rpc.pages import rows_of_pages
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain, in_their_words, say
from services.command import requests
from services.command.admin import tables
from services.command.admin.act import Act
from services.command.admin.asking import agreed, fill_in, keeper
from services.command.admin.inputs import PASSWORD, REQUEST_ID, Input, filter_param, has, request_of
from services.command.call import answered
from services.command.connection import Connection, connection

PLACE = ("data", "port", "ca", "cert", "key", "profile")
DENIED = "PERMISSIONDENIED"


def perform(act: Act, method: MethodDescriptor, inputs: list[Input], values: Mapping[str, Any]) -> int:
    """Do it as the options say; answers the exit status. Raises `CannotStart`."""
    dry_run, as_json = bool(values.get("dry_run")), bool(values["as_json"])
    request = request_of(inputs, values, requests.read(values["fields"]))
    fill_in(act, inputs, request, values.get("password_file"), only_shown=dry_run)
    _refuse_missing(act, inputs, request)
    if REQUEST_ID in method.input_type.fields_by_name:
        request[REQUEST_ID] = values["request_id"] or request.get(REQUEST_ID) or uuid4().hex
    if asked := "filter" in method.input_type.fields_by_name and _filter(act, values):
        request["filter"] = asked
    message = requests.parse(method.input_type, json.dumps(request))
    if dry_run:
        complain(f"nothing is sent; this would be {act.rpc}:")
        say(_json(request))
        return 0
    to = connection(**{name: values[name] for name in PLACE})
    words = tuple(str(values[path.replace(".", "__")]) for path in act.takes)
    if not values.get("validate_only") and not agreed(
        act, to.named(), words, yes=bool(values.get("yes")), again=values.get("again")
    ):
        complain("nothing was done")
        return 1
    with keeper(act, values.get("secret_file"), as_json=as_json) as keeps:

        def show(answer: Any) -> None:
            if act.secret:
                secret = getattr(answer, act.secret)
                answer.ClearField(act.secret)
                keeps.keep(secret, values.get("secret_file"))
            say(_json(tables.told_of(answer))) if as_json else tables.print_one(answer)

        ended = _repeatable(
            request, lambda: answered(to, lambda to: _send(to, act, method, message, values, show))
        )
        return ended or int(bool(act.secret) and not keeps.kept)


def _repeatable(request: Mapping[str, Any], call: Callable[[], int]) -> int:
    """Tell with what a call can be repeated that nobody knows the end of."""
    try:
        return call()
    except CannotStart as failed:
        known = request.get(REQUEST_ID)
        raise CannotStart(f"{failed} (--request-id {known})" if known else str(failed)) from None


def _send(
    to: Connection,
    act: Act,
    method: MethodDescriptor,
    message: Any,
    values: Mapping[str, Any],
    show: Callable[[Any], None],
) -> None:
    with to.anonymous() as anonymous, to.client(anonymous) as client:
        ask, found = calling(client, method), rows_of(method)
        if found is None:
            show(ask(message))
        elif values["as_json"]:
            say(
                _json(
                    [
                        tables.told_of(row)
                        for row in islice(all_rows(ask, message, found), values["limit"] or None)
                    ]
                )
            )
        else:
            _print_table(act, found, all_rows(ask, message, found), values["limit"])


def calling(client: Client, method: MethodDescriptor) -> Callable[[Any], Any]:
    """The rpc of a client that a method describes."""
    call: Callable[[Any], Any] = getattr(client.service(method.containing_service), snake_case(method.name))
    return call


def _print_table(act: Act, rows: FieldDescriptor, found: Iterator[Message], limit: int | None) -> None:
    most = 200 if limit is None else limit
    shown = list(islice(found, most or None))
    tables.print_rows(shown, _type_of(rows), act.columns)
    if most and next(found, None) is not None:
        complain(
            in_their_words(f"these are the first {most}: --limit 0 shows all, and `linli export` writes them")
        )
    elif not shown:
        complain("there is nothing of the kind within your reach")


def rows_of(method: MethodDescriptor) -> FieldDescriptor | None:
    """The field of an answer that holds the rows of a list; None if the answer is one thing."""
    if not method.name.startswith(("List", "Search")) and method.name != "Locate":
        return None
    lists = [each for each in method.output_type.fields if each.is_repeated and each.message_type is not None]
    return lists[0] if len(lists) == 1 else None


def _type_of(rows: FieldDescriptor) -> Descriptor:
    assert rows.message_type is not None  # noqa: S101  # `rows_of` answers no other
    return rows.message_type


def all_rows(ask: Callable[[Any], Any], message: Any, rows: FieldDescriptor) -> Iterator[Message]:
    """The rows of all pages, asked for as they are needed."""
    sizes = message.DESCRIPTOR.fields_by_name.get("page_size")
    if sizes is not None:
        message.page_size = int(sizes.GetOptions().Extensions[rules_pb2.rules].maximum)
        return rows_of_pages(ask, message, rows.name)
    return iter(getattr(ask(message), rows.name))


def _refuse_missing(act: Act, inputs: list[Input], request: Mapping[str, Any]) -> None:
    missing = [
        f"--{one.option}"
        for one in inputs
        if one.required and not has(request, one.path) and one.path not in {*act.asks, PASSWORD}
    ]
    if missing:
        raise click.UsageError(f"Missing: {', '.join(missing)}")


def _filter(act: Act, values: Mapping[str, Any]) -> str:
    """The filter of a list: what the options compare, and what --filter says."""
    asked = [
        f'{field} = "{_quoted(values[filter_param(option)])}"'
        for option, field in act.filters.items()
        if values[filter_param(option)] is not None
    ]
    return " AND ".join([*asked, *([f"({values['filter']})"] if values["filter"] else [])])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
