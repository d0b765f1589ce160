"""What a pod waits for: a database that answers, and a schema that this release can run on."""

import time
from collections.abc import Callable, Mapping

import psycopg

from libs.ledger.errors import LedgerUnavailable, SchemaUnknown
from libs.ledger.privacy.key_store import open_store
from libs.messaging.schema import check_schema
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.exposed import check_connections
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say

_LOOK_EVERY = 1.0


def await_schema(service: Service, environ: Mapping[str, str], within: float) -> int:
    """Wait until the databases answer and have this release's schema; says what it waits for.

    After `within` seconds it raises what is still missing.
    """
    settings = read(Settings, environ)
    check_connections(settings, serves=False)
    _until(service, lambda: _check(service, settings), within)
    say(f"{service.name}: the schema is there")
    return 0


def await_database(service: Service, environ: Mapping[str, str], within: float) -> None:
    """Wait until the database answers; says why it does not, and raises it after `within` seconds."""
    dsn = read(Settings, environ).database_url.reveal()
    _until(service, lambda: psycopg.connect(dsn).close(), within)


def _until(service: Service, check: Callable[[], None], within: float) -> None:
    deadline, told = time.monotonic() + within, ""
    while True:
        try:
            return check()
        except (SchemaUnknown, LedgerUnavailable, psycopg.Error) as error:
            if time.monotonic() > deadline and isinstance(error, psycopg.ProgrammingError):
                raise SchemaUnknown(
                    f"the database of {service.name} does not let us in yet: {error}"
                ) from None
            if time.monotonic() > deadline:
                raise
            if told != (told := " ".join(str(error).split())):
                say(f"{service.name}: waiting: {told}")
            time.sleep(_LOOK_EVERY)


def _check(service: Service, settings: Settings) -> None:
    """Raise unless `migrate` has done all it does: it makes the key store last."""
    check_schema(settings.database_url.reveal(), service.name, events=service.events)
    store = open_store(settings.key_store.reveal(), service.name)
    if store is None:
        return
    try:
        store.read(())  # refused before there is a table, and before this role may use it
    finally:
        store.close()
