"""`linli admin person export`: everything that the services keep of one person, in one file for them."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from google.protobuf import json_format

from libs.rpc.client import Client
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain
from services.command import requests, rpcs
from services.command.admin.perform import PLACE, calling
from services.command.call import answered
from services.command.connection import Connection, connection
from services.command.connection_options import connection_options

FORMAT = "linli-person-1"
SERVICES = ("identity", "cases", "volunteers", "supervision")
"""Those that keep what people told them; the catalog keeps none but reasons of staff."""
_EXPORT, _READ = "privacy.ExportSubject", "privacy.ListDisclosures"


@click.command("export")
@click.argument("subject_id", metavar="PERSON")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="a new file, which only you can read",
)
@connection_options
def export_person(subject_id: str, to: Path, **place: Any) -> int:
    """Write everything that is kept of a person into one file, for them.

    JSON in UTF-8: by service, all events that are about them, that they brought about, or that keep something
    under their key, and in which roles somebody read their data. It takes the role DATA_PROTECTION_OFFICER,
    without limits, and is recorded like every reading. Each service's ledger is looked through: large ones
    take minutes.
    """
    where = connection(**{name: place[name] for name in PLACE})
    return answered(where, lambda where: _write(to, _copy(where, subject_id)))


def _copy(where: Connection, subject_id: str) -> dict[str, Any]:
    with where.anonymous() as anonymous, where.client(anonymous) as client:
        return {
            "format": FORMAT,
            "subject_id": subject_id,
            "exported_time": datetime.now(UTC).isoformat(),
            "services": {
                name: {
                    "events": [_event(each) for each in _pages(client, _EXPORT, name, subject_id, "events")],
                    "read_by": [
                        _without_reader(each)
                        for each in _pages(client, _READ, name, subject_id, "disclosures")
                    ],
                }
                for name in SERVICES
            },
        }


def _pages(client: Client, rpc: str, service: str, subject_id: str, rows: str) -> Iterator[dict[str, Any]]:
    """The rows of all pages, as JSON has them."""
    method = rpcs.find(rpc)
    asked = {"service": service}
    asked |= {"subject_id": subject_id} if rpc == _EXPORT else {"filter": f'subject_id = "{subject_id}"'}
    ask, token = calling(client, method), ""
    while True:
        request = requests.parse(method.input_type, json.dumps(asked | {"page_token": token}))
        answer = json_format.MessageToDict(ask(request), preserving_proto_field_name=True)
        yield from answer.get(rows, [])
        token = answer.get("next_page_token", "")
        if not token:
            return


def _event(each: dict[str, Any]) -> dict[str, Any]:
    return {**each, "content": json.loads(each.get("content", "{}"))}


def _without_reader(each: dict[str, Any]) -> dict[str, Any]:
    """As the person may see it: a clerk's id is the clerk's."""
    return {name: value for name, value in each.items() if name != "reader_id"}


def _write(to: Path, copy: dict[str, Any]) -> None:
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"{to} cannot be made: {error.strerror}. Name a new file") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(copy, file, ensure_ascii=False, indent=1)
        file.write("\n")
    many = sum(len(each["events"]) for each in copy["services"].values())
    complain(f"{many} events are in {to}, which only you can read: give it to the person, and delete it")
