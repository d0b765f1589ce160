"""The shell around a service: runs one of its roles in this process until a signal stops it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import psycopg

from libs.ledger.decider import Refusal
from libs.ledger.errors import LedgerUnavailable, MigrationRefused, SchemaUnknown, SettingsRefused
from libs.ledger.views.rebuild import RebuildRefused
from libs.messaging.desk import NotFirst, NotParked, RetryFailed
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, SettingsInvalid, read
from libs.runtime.host.batch_keys import neighbours_keys_of, signer_of
from libs.runtime.host.cores import keep_to_one_core
from libs.runtime.host.exposed import check_connections
from libs.runtime.host.host import Host, Roles
from libs.runtime.host.opened import OpenService, broker_of, open_service
from libs.runtime.host.parts import Service
from libs.runtime.host.process import Facts, Lifetime, run_until_told
from libs.runtime.host.process_host import ProcessHost
from libs.runtime.host.terminal import complain, in_their_words
from libs.telemetry import logs, metrics

_log = logs.get("shell")

WORKER = "worker"
_PLAIN: Mapping[str, Roles] = {
    "server": Roles(relay=True),
    "api": Roles(projector=False),
    "projector": Roles(api=False),
    "relay": Roles(api=False, projector=False, relay=True),
}
"""The long-running roles of a plain process; `worker` is another kind of process."""

ROLES = (*_PLAIN, WORKER)

EXPECTED = (
    SettingsInvalid,
    SettingsRefused,
    SchemaUnknown,
    MigrationRefused,
    CannotStart,
    LedgerUnavailable,
    NotParked,
    NotFirst,
    RetryFailed,
    RebuildRefused,
    Refusal,
    psycopg.OperationalError,
)
"""Errors that an operator can mend: printed as a sentence, without a traceback."""

_READY_WITHIN = 5.0  # seconds; a process that is not ready by then says what it lacks, and goes on


Died = Callable[[], None]
MakeWorker = Callable[[OpenService, Died], ProcessHost]
"""(the service, what to call when a part of the process has died) -> what runs the worker."""


def run_role(
    service: Service, role: str, environ: Mapping[str, str], *, worker: MakeWorker | None = None
) -> int:
    """Run one of `ROLES`; answers the exit status of the process. Raises what `EXPECTED` lists.

    `worker` makes what runs the role `worker`: only a process that began as one can give it.
    """
    settings = read(Settings, environ)
    logs.setup(level=settings.log_level, service=service.name, role=role, cell=settings.cell)
    metrics.cell(settings.cell)
    check_connections(settings, serves=role in {"server", "api"})
    life = Lifetime()
    host = (
        _worker(service, settings, environ, life, worker)
        if role == WORKER
        else _host(service, role, settings, environ, life)
    )

    if not settings.key_store.reveal():
        _log.warning("LINLI_KEY_STORE is not set: WAL and backups of the ledger can undo an erasure")

    def start() -> Facts:
        host.start()
        if settings.one_core:
            keep_to_one_core()
        host.wait_until_ready(_READY_WITHIN)
        return host.facts()

    return run_until_told(start, host.close, lambda: host.failed, life)


def in_a_sentence(service: Service, run: Callable[[], int], data: Path | None = None) -> int:
    """Run it and answer its exit status; what an operator can mend is said in a sentence, and answers 1.

    `data` is the folder whose database it works on, where one was named.
    """
    try:
        return run()
    except EXPECTED as error:
        complain(in_their_words(f"linli {service.name}: {_why(error, service, data)}"))
        return 1


def _why(error: Exception, service: Service, data: Path | None) -> str:
    """What went wrong, for the person at the terminal; libpq's own words in one line."""
    if not isinstance(error, psycopg.OperationalError) or error.sqlstate is not None:
        return str(error).strip()
    where = "LINLI_DATABASE_URL" if data is None else f"is a Linli with its own PostgreSQL running on {data}?"
    return f"cannot reach the database of {service.name} ({where}): {' '.join(str(error).split())}"


def _worker(
    service: Service,
    settings: Settings,
    environ: Mapping[str, str],
    life: Lifetime,
    make: MakeWorker | None,
) -> ProcessHost:
    if not service.has_worker:
        raise CannotStart(f"{service.name} subscribes to no neighbour and has no clocks: it needs no worker")
    if make is None:
        raise CannotStart(
            f"a worker must be a process of its own from the start: run `linli {service.name} worker`"
        )
    broker_of(settings)
    if service.subscriptions:
        neighbours_keys_of(settings)
    return make(open_service(service, settings, environ), life.end)


def _host(
    service: Service, role: str, settings: Settings, environ: Mapping[str, str], life: Lifetime
) -> ProcessHost:
    roles = _PLAIN[role]
    if role == "server" and not settings.broker_url.reveal():
        _log.warning("LINLI_BROKER_URL is not set: no other service receives events until a relay runs")
        roles = replace(roles, relay=False)
    if roles.relay:
        broker_of(settings)
        signer_of(settings)
    return Host([open_service(service, settings, environ)], roles, died=life.end)
