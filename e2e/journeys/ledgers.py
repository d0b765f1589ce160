"""What lies in the ledgers and views of a platform, freed of what no two runs can share."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import Views
from libs.runtime.bundled.kept import environ_of
from libs.runtime.bundled.place import Place
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import OpenService, open_ledger, open_service
from libs.runtime.host.parts import Service
from libs.testkit.patience import seconds
from services.command.registry import NAMES, load

OF_ONE_RUN = frozenset(
    {
        "event_id",
        "grant_id",
        "login_id",
        "position",
        "sequence",
        "recorded_at",
        "trace_id",
        "correlation_id",
        "causation_id",
        "known",
        "rank",
        "traceparent",
    }
)
"""Fields that name a place in a ledger, a moment of recording, or an id made by chance or by a secret."""

HISTORY_ENDS = datetime(2021, 1, 1, tzinfo=UTC)
"""Moments of the replayed history lie before; later ones are of this run."""

_FOLDED_WITHIN = 30.0

BY_CHANCE = ("client-", "disclosure-", "keyring-", "login-")
"""Streams that differ by nature: hashes of secrets, signing keys, what each process remembers of readings."""
VIEWS_BY_CHANCE = ("disclosures",)

Entry = tuple[int, str, object]
"""Version, stored name, content."""
Streams = dict[str, list[Entry]]
Tables = dict[str, list[str]]
"""The rows of each view's tables, in an order of their own."""


@contextmanager
def ledger_of(data: Path, service: Service) -> Iterator[Ledger]:
    """The ledger of a service whose platform keeps its data in `data`; its PostgreSQL must run."""
    environ = {**os.environ, **environ_of(Place(data=data), service.name)}
    ledger = open_ledger(service, read(Settings, environ))
    try:
        yield ledger
    finally:
        ledger.close()


def all_services() -> list[Service]:
    """The five, as declared."""
    return [load(name) for name in NAMES]


@contextmanager
def services_of(data: Path) -> Iterator[dict[str, OpenService]]:
    """The five, opened beside the platform that keeps its data in `data`."""
    place, opened = Place(data=data), dict[str, OpenService]()
    with ExitStack() as stack:
        for service in all_services():
            environ = {**os.environ, **environ_of(place, service.name)}
            environ["LINLI_IDENTITY_SIGNING_KEY_FILE"] = str(place.signing_key)
            opened[service.name] = open_service(service, read(Settings, environ), environ, listen=False)
            stack.callback(opened[service.name].close)
        yield opened


def streams_of(ledger: Ledger) -> Streams:
    """Every stream: (version, stored name, content) in the order of the ledger."""
    streams: Streams = defaultdict(list)
    after = 0
    while events := ledger.read(after, 1000):
        for recorded in events:
            entry = (recorded.version, recorded.name, _plain(recorded.event))
            streams[recorded.stream].append(entry)
        after = events[-1].position
    return dict(streams)


def views_of(ledger: Ledger, service: Service) -> Tables:
    """Every row of every view of a service, once the view has folded all of the ledger."""
    views, head, tables = Views(ledger, service.views), ledger.revision(ledger.head()), {}
    for view in service.views:
        if view.name in VIEWS_BY_CHANCE:
            continue
        with views.read(view.name, head, seconds(_FOLDED_WITHIN)) as cursor:
            for table in view.tables:
                rows = cursor.execute(f"SELECT * FROM {view.schema}.{table.name}").fetchall()
                tables[f"{view.name}.{table.name}"] = sorted(repr(_plain(row)) for row in rows)
    return tables


def renamed_streams(streams: Streams, names: Mapping[str, str]) -> Streams:
    """The same, with another name for each id of `names`, wherever it stands."""
    return {
        _renamed(stream, names): [(version, name, _renamed(event, names)) for version, name, event in events]
        for stream, events in streams.items()
    }


def renamed_tables(tables: Tables, names: Mapping[str, str]) -> Tables:
    """The same, in rows of views."""
    return {table: sorted(_renamed(row, names) for row in rows) for table, rows in tables.items()}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for held, name in names.items():
            value = value.replace(held, name) if held in value else value
    elif isinstance(value, dict):
        return {_renamed(key, names): _renamed(inner, names) for key, inner in value.items()}
    elif isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return value


def different(found: Streams, expected: Streams) -> list[str]:
    """What is not in both, or not the same, one sentence a stream; what is made by chance is left out."""
    return [
        f"{name}: {_first_difference(found.get(name, []), expected.get(name, []))}"
        for name in sorted(found.keys() | expected.keys())
        if not name.startswith(BY_CHANCE) and found.get(name) != expected.get(name)
    ][:5]


def _first_difference(found: list[Entry], expected: list[Entry]) -> str:
    for one, other in zip_longest(found, expected):
        if one != other:
            return f"found {one}, expected {other}"
    return "the same"


def gaps(streams: Streams) -> list[str]:
    """Streams whose versions are not 1, 2, 3, ... each once."""
    return [
        stream
        for stream, events in streams.items()
        if [version for version, _, _ in events] != list(range(1, len(events) + 1))
    ]


def _plain(event: object) -> object:
    return freed(msgspec.to_builtins(event, builtin_types=(datetime,), enc_hook=repr))


def freed(value: Any) -> object:
    """A value without what no two runs can share."""
    if isinstance(value, dict):
        return {key: freed(inner) for key, inner in value.items() if key not in OF_ONE_RUN}
    if isinstance(value, list | tuple):
        return [freed(inner) for inner in value]
    if isinstance(value, datetime) and value > HISTORY_ENDS:
        return "while the test ran"
    return value
