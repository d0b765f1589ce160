"""The schema of a service's database, all of it: ledger, views, parked events, positions."""

from collections.abc import Iterable, Sequence

from libs.ledger.store import roles, tables
from libs.ledger.store.migrate import Step, check_steps, take_steps
from libs.ledger.views import view_tables
from libs.ledger.views.view import View
from libs.messaging import parked, positions, reconcile, relay_position, source_keys, sources

STEPS: Sequence[Step] = (
    Step(1, "ledger", lambda _cursor, dsn: tables.create_tables(dsn)),
    Step(2, "views", lambda cursor, _dsn: cursor.execute(view_tables.CREATE_TABLE)),
    Step(3, "parked events", lambda cursor, _dsn: cursor.execute(parked.DDL)),
    Step(4, "relay's position", lambda cursor, _dsn: cursor.execute(relay_position.DDL)),
    Step(5, "positions of event types", lambda cursor, _dsn: cursor.execute(positions.DDL)),
    Step(6, "reconciliations", lambda cursor, _dsn: cursor.execute(reconcile.DDL)),
    Step(7, "keys of sources", lambda cursor, _dsn: cursor.execute(source_keys.DDL)),
    Step(8, "decisions on sources", lambda cursor, _dsn: cursor.execute(sources.DDL)),
)
"""Add new steps at the end."""


def migrate(
    dsn: str,
    service: str,
    views: Iterable[View] = (),
    steps: Sequence[Step] = STEPS,
    *,
    role: str = "",
) -> list[str]:
    """Bring the database of `service` to this release's schema; returns the names of the steps taken.

    Does nothing where nothing is to be done; several may run at once. New views are made, empty;
    those of another shape are left to the projector. `role`: as whom the service will run; it gets
    what it needs, which does not include altering events. Raises `SchemaUnknown` for a database of
    another service or of a newer release, `SettingsRefused` where there is no such role.
    """
    views, dsn = [*views], roles.guarded(dsn)
    taken = take_steps(dsn, service, steps)
    if role:
        roles.grant(dsn, role, [view.schema for view in views], add_only=[reconcile.TABLE])
    view_tables.create_missing(dsn, views, role)
    return taken


def check_schema(dsn: str, service: str, steps: Sequence[Step] = STEPS) -> None:
    """Raise `SchemaUnknown`, saying what to do, unless the database has this release's schema."""
    check_steps(dsn, service, steps)
