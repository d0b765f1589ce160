"""The schema of a service's database, all of it: ledger, views, parked events, positions."""

from collections.abc import Iterable, Sequence

from libs.ledger.errors import SchemaUnknown
from libs.ledger.store import blinding, event_types, roles, tables
from libs.ledger.store.mapper import Events
from libs.ledger.store.migrate import Standing, Step, check_steps, connect, look_at_steps, take_steps
from libs.ledger.views import left_behind, passed_over, view_tables
from libs.ledger.views.view import View
from libs.messaging import parked, positions, reconcile, relay_position, source_keys, source_lives, sources

STEPS: Sequence[Step] = (
    Step(1, "ledger", lambda _cursor, dsn: tables.create_tables(dsn)),
    Step(2, "views", lambda cursor, _dsn: cursor.execute(view_tables.CREATE_TABLE)),
    Step(3, "parked events", lambda cursor, _dsn: cursor.execute(parked.DDL)),
    Step(4, "relay's position", lambda cursor, _dsn: cursor.execute(relay_position.DDL)),
    Step(5, "positions of event types", lambda cursor, _dsn: cursor.execute(positions.DDL)),
    Step(6, "reconciliations", lambda cursor, _dsn: cursor.execute(reconcile.DDL)),
    Step(7, "keys of sources", lambda cursor, _dsn: cursor.execute(source_keys.DDL)),
    Step(8, "decisions on sources", lambda cursor, _dsn: cursor.execute(sources.DDL)),
    Step(9, "types of events", lambda cursor, _dsn: cursor.execute(event_types.DDL + passed_over.DDL)),
    Step(10, "appends in fewer statements", tables.replace_functions),
    Step(11, "blind terms", lambda cursor, _dsn: cursor.execute(blinding.CREATE_TABLE)),
    Step(12, "incarnations of sources", lambda cursor, _dsn: cursor.execute(source_lives.DDL)),
    Step(13, "incarnations with numbers of their own", tables.replace_functions),
)
"""Add new steps at the end: expand in one release, contract in the next (DECISIONS.md)."""
_MOST_TOLD = 3
NEWEST = max(step.number for step in STEPS)


def migrate(
    dsn: str,
    service: str,
    views: Iterable[View] = (),
    steps: Sequence[Step] = STEPS,
    *,
    events: Events | None = None,
    role: str = "",
    contract: bool = False,
) -> list[str]:
    """Bring the database of `service` to this release's schema; returns the names of the steps taken.

    Does nothing where nothing is to be done; several may run at once. `contract`: also take away what
    only earlier releases use, which cannot run afterwards. Views that have no tables of their shape get
    them, empty, beside those of other releases. The types of `events` are registered. `role`: as whom the
    service will run; it gets what it needs, which does not include altering events. On the database of a
    newer release that is left as it is. Raises `SchemaUnknown` for a database of another service or of a
    release that leaves no room for this one, `MigrationRefused` while others are in the way,
    `SettingsRefused` where there is no such role.
    """
    views, dsn = [*views], roles.guarded(dsn)
    taken = take_steps(dsn, service, steps, contract=contract)
    if events is not None:
        with connect(dsn) as connection:
            event_types.register(connection, events.registration())
    if role and not look_at_steps(dsn, service, steps).foreign:
        kept = [*(view.schema for view in views), *left_behind.others(dsn, views)]
        roles.grant(dsn, role, kept, add_only=[reconcile.TABLE])
    view_tables.create_missing(dsn, views, role)
    return taken


def look_at_schema(dsn: str, service: str, steps: Sequence[Step] = STEPS) -> Standing:
    """What `migrate` would find to do; changes nothing. Raises `SchemaUnknown` as it does."""
    return look_at_steps(roles.guarded(dsn), service, steps)


def unused_views(dsn: str, views: Iterable[View]) -> list[str]:
    """The schemas that hold views of other releases only; changes nothing."""
    return left_behind.others(roles.guarded(dsn), views)


def drop_unused_views(dsn: str, views: Iterable[View]) -> tuple[list[str], list[str]]:
    """Drop them; answers what was dropped, and what was not because somebody is at it."""
    return left_behind.drop_others(roles.guarded(dsn), views)


def unregistered(dsn: str, events: Events) -> list[str]:
    """The types of events that `migrate` would register."""
    with connect(roles.guarded(dsn)) as connection:
        return event_types.unregistered(connection, events.registration())


def check_schema(
    dsn: str, service: str, steps: Sequence[Step] = STEPS, *, events: Events | None = None
) -> None:
    """Raise `SchemaUnknown`, saying what to do, unless this release can run on the database.

    `events`: also that their types are registered, so that other releases can bear what this one stores.
    """
    check_steps(dsn, service, steps)
    if events is not None and (new := unregistered(dsn, events)):
        more = len(new) - _MOST_TOLD
        told = ", ".join(new[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
        raise SchemaUnknown(
            f"the types of events {told} are not registered in the database of {service}: run"
            f" `linli {service} migrate`"
        )
