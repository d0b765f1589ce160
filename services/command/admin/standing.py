"""Counts what stands in an area and moves to no successor: each kind asked of the service that knows it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click
from google.protobuf.message import Message
from rich import box
from rich.table import Table

from libs.rpc.client import Client
from libs.rpc.failures import RpcFailed
from libs.rules.areas import within
from libs.runtime.host.terminal import say
from services.command import requests, rpcs
from services.command.admin.perform import DENIED, PLACE, all_rows, calling, rows_of
from services.command.admin.tables import console
from services.command.call import answered
from services.command.connection import Connection, connection
from services.command.connection_options import connection_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of things: the rpc that lists them, by the area's id or path, and which of the rows count."""

    what: str
    rpc: str
    asked: Mapping[str, str]
    counts: Callable[[Any, str], bool] = lambda _row, _path: True


KINDS = (
    Kind(
        what="open cases", rpc="cases.ListCases", asked={"filter": 'area_path = "{path}" AND ended = false'}
    ),
    Kind(
        what="responsibilities",
        rpc="catalog.ListResponsibilities",
        asked={"filter": 'area_path = "{path}"'},
    ),
    Kind(what="commitments", rpc="catalog.ListCommitments", asked={"filter": 'area_id = "{id}"'}),
    Kind(
        what="services",
        rpc="catalog.SearchServices",
        asked={"area_id": "{id}"},
        counts=lambda row, path: path.rpartition("/")[2] in row.service.details.area_ids,
    ),
    Kind(
        what="homes of volunteers",
        rpc="volunteers.ListVolunteers",
        asked={"filter": 'home_area_id = "{id}" AND active = true'},
    ),
    Kind(
        what="open needs",
        rpc="volunteers.ListNeeds",
        asked={"filter": 'area_path = "{path}" AND state = OPEN'},
    ),
    Kind(what="grants", rpc="identity.ListRoles", asked={"filter": 'area = "{path}"'}),
    Kind(
        what="clients",
        rpc="identity.ListClients",
        asked={"filter": "retired = false"},
        counts=lambda row, path: within(row.area_path or None, path),
    ),
    Kind(what="bodies", rpc="identity.ListBodies", asked={"filter": 'area = "{path}"'}),
)


@click.command()
@click.argument("area_id", metavar="AREA-ID")
@connection_options
@click.option("as_json", "--json", is_flag=True, help="print JSON")
def standing(area_id: str, as_json: bool, **place: Any) -> int:
    """Count what stands in an area, and moves to no other area by itself.

    Ask before a split, a merger, an end or another boundary, and again afterwards until nothing is left.
    Areas below it count, too, but for commitments, services and homes. Only what holds now, and lies within
    your reach, counts; what you may not list at all is said.
    """
    to = connection(**{name: place[name] for name in PLACE})
    return answered(to, lambda to: _show(_counted(to, area_id), as_json=as_json))


def _counted(to: Connection, area_id: str) -> dict[str, int | None]:
    """How many there are of each kind; None where the caller may not list them."""
    with to.anonymous() as anonymous, to.client(anonymous) as client:
        area = calling(client, rpcs.find("identity.GetArea"))(
            _request("identity.GetArea", {"area_id": area_id})
        ).area
        return {kind.what: _count(client, kind, area) for kind in KINDS}


def _count(client: Client, kind: Kind, area: Any) -> int | None:
    asked = {name: value.format(id=area.area_id, path=area.area_path) for name, value in kind.asked.items()}
    method = rpcs.find(kind.rpc)
    rows = rows_of(method)
    assert rows is not None  # noqa: S101  # each of them is a list
    try:
        found = all_rows(calling(client, method), _request(kind.rpc, asked), rows)
        return sum(kind.counts(row, area.area_path) for row in found)
    except RpcFailed as failed:
        if failed.code.name != DENIED:
            raise
        return None


def _request(rpc: str, asked: Mapping[str, str]) -> Message:
    return requests.parse(rpcs.find(rpc).input_type, json.dumps(asked))


def _show(found: Mapping[str, int | None], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(found, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what stands there")
    table.add_column("how many", justify="right")
    for what, many in found.items():
        table.add_row(what, "you may not list them" if many is None else str(many))
    console().print(table)
