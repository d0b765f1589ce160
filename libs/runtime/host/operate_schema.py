"""What an operator does to a service's schema: create it, upgrade it, look at what an upgrade would do."""

from collections.abc import Mapping

from libs.ledger.errors import MigrationRefused
from libs.ledger.privacy.key_store import make_store
from libs.ledger.store.migrate import Standing
from libs.messaging.schema import drop_unused_views, look_at_schema, migrate, unregistered, unused_views
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.exposed import check_connections
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say

Environ = Mapping[str, str]


def make_schema(service: Service, environ: Environ, *, contract: bool = False) -> int:
    """Create the schema, or upgrade it; `contract`: also take away what only earlier releases use."""
    settings = read(Settings, environ)
    check_connections(settings, serves=False)
    dsn, role = settings.database_url.reveal(), settings.runtime_role
    if contract:
        _refuse_to_contract_for_a_newer_release(service, look_at_schema(dsn, service.name))
    taken = migrate(dsn, service.name, service.views, events=service.events, role=role, contract=contract)
    make_store(settings.key_store.reveal(), role)
    say(f"{service.name}: " + (f"made {', '.join(taken)}" if taken else "nothing to do"))
    for step in look_at_schema(dsn, service.name).contracting:
        say(f"{service.name}: left {step}")
    if contract:
        return _drop_unused_views(service, dsn)
    for schema in unused_views(dsn, service.views):
        say(f"{service.name}: left {_unused(schema)}")
    return 0


def _refuse_to_contract_for_a_newer_release(service: Service, found: Standing) -> None:
    """What this release does not use, the newer one does."""
    if found.foreign:
        newest = max(found.foreign)
        raise MigrationRefused(
            f"the database of {service.name} has step {newest}, {found.foreign[newest].name}, of a newer"
            " release: only that release may take away what it does not use; run its `migrate --contract`"
        )


def _drop_unused_views(service: Service, dsn: str) -> int:
    """Answers 1 if there is one that is in use."""
    dropped, in_use = drop_unused_views(dsn, service.views)
    for schema in dropped:
        say(f"{service.name}: dropped {schema}, a view that this release does not use")
    for schema in in_use:
        say(
            f"{service.name}: left {schema}: a projector of another release follows it, or somebody reads or"
            " rebuilds it; stop that, then run this again"
        )
    return 1 if in_use else 0


def _unused(schema: str) -> str:
    return f"{schema}, a view that this release does not use: dropped by `migrate --contract`"


def show_schema(service: Service, environ: Environ, *, contract: bool = False) -> int:
    """Say what `make_schema` would do, and do nothing."""
    settings = read(Settings, environ)
    check_connections(settings, serves=False)
    dsn = settings.database_url.reveal()
    found = look_at_schema(dsn, service.name)
    if contract:
        _refuse_to_contract_for_a_newer_release(service, found)
    steps = found.missing(contract=contract)
    for step in steps:
        say(f"{service.name}: would take {step}")
    for step in found.contracting if not contract else ():
        say(f"{service.name}: would leave {step}")
    for number, applied in sorted(found.foreign.items()):
        say(f"{service.name}: has step {number}, {applied.name}, of a newer release")
    if new := unregistered(dsn, service.events):
        say(f"{service.name}: would register the types of events {', '.join(new)}")
    unused = unused_views(dsn, service.views)
    for schema in unused:
        say(f"{service.name}: would " + (f"drop {schema}" if contract else f"leave {_unused(schema)}"))
    if not steps and not new and not unused:
        say(f"{service.name}: nothing to do")
    return 0
