"""When a process is ready: each of its services can append to its ledger, and its views can be asked."""

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.views import view_tables
from libs.runtime.host.opened import OpenService

Check = Callable[[], str]
"""Says what is wrong, or nothing."""

UseOfViews = Literal["folded", "read", "none"]
"""What a process does with the views of its services: who only reads them waits for them, too."""

PROCESS = "process"
"""The check of the process itself; all others are called `<service>.<what>`."""

_PATIENCE = 1.0
"""Seconds that a check waits for a connection: a probe that waits longer tells nobody anything."""


def checks_of(services: Sequence[OpenService], *, views: UseOfViews) -> dict[str, Check]:
    """The checks of some services by name; `views`: what this process does with them."""
    checks: dict[str, Check] = {}
    for service in services:
        checks[f"{service.name}.ledger"] = _ledger_check(service)
        if views != "none":
            folded = views == "folded"
            checks[f"{service.name}.views"] = _folded_check(service) if folded else _read_check(service)
    return checks


def serving(services: Sequence[OpenService], ready: bool, said: Mapping[str, str]) -> dict[str, bool]:
    """By the full name of a gRPC service, whether it serves; "" for those that concern all services.

    `ready` and `said` are the verdict of the checks: what /readyz answers, gRPC health answers, too.
    """
    failed = {check.partition(".")[0] for check, answer in said.items() if answer != "ok"}
    serves = {
        api.descriptor.full_name: not failed & {service.name, PROCESS}
        for service in services
        for api in service.parts.apis
    }
    return {**serves, "": ready}


def _ledger_check(service: OpenService) -> Check:
    """The committer's own connection is asked first: a server that may only read answers every other."""

    def check() -> str:
        if trouble := service.ledger.trouble(_PATIENCE):
            return f"{_database(service)} takes no events ({trouble})"
        try:
            with service.ledger.connection(timeout=_PATIENCE) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, LedgerUnavailable) as error:
            return f"{_database(service)} does not answer ({_cause(error)})"
        return ""

    return check


def _database(service: OpenService) -> str:
    """The database in words, as an operator knows it: never with its password."""
    told = conninfo_to_dict(service.settings.database_url.reveal())
    hosts, ports = (str(told.get(part) or "").split(",") for part in ("host", "port"))
    where = ", ".join(":".join(filter(None, each)) for each in zip_longest(hosts, ports, fillvalue=ports[-1]))
    return f"the PostgreSQL database {told.get('dbname') or service.name}" + (f" at {where}" if where else "")


def _cause(error: Exception) -> str:
    if isinstance(error, PoolTimeout):
        return "no connection available"
    if isinstance(error, PoolClosed):
        return "this process has closed it"
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _folded_check(service: OpenService) -> Check:
    def check() -> str:
        status = service.projector.status()
        if status.ready:
            return ""
        stopped = "; ".join(f"{view} has stopped: {why}" for view, why in status.stopped_views.items())
        return status.trouble or stopped or _building(status.building) or status.state

    return check


def _read_check(service: OpenService) -> Check:
    def check() -> str:
        try:
            with service.ledger.connection(timeout=_PATIENCE) as connection, connection.cursor() as cursor:
                unbuilt = view_tables.unbuilt(cursor, service.views)
        except (psycopg.Error, LedgerUnavailable) as error:
            return f"{_database(service)} does not answer ({_cause(error)})"
        return _building(dict.fromkeys(unbuilt, "by a projector"))

    return check


def _building(views: Mapping[str, str]) -> str:
    told = ", ".join(f"{view} ({how})" for view, how in views.items())
    return f"building {told}" if told else ""
