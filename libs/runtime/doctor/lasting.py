"""What a service knows until a day only, such as the official days of next year."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
from psycopg.rows import dict_row

from libs.ledger.views import view_tables
from libs.runtime.config.settings import Settings
from libs.runtime.doctor.finding import Finding, Looking
from libs.runtime.host.parts import Lasting, Service

SOON = timedelta(days=60)
_PATIENCE = 5


def look_at_lasting(looking: Looking, service: Service, settings: Settings, today: date) -> Iterator[Finding]:
    """One finding for each thing; nothing while a view is built."""
    if service.lasting is None:
        return
    views, lasts = service.lasting
    dsn = settings.database_url.reveal()
    with (
        psycopg.connect(dsn, row_factory=dict_row, connect_timeout=_PATIENCE) as connection,
        connection.cursor() as cursor,
    ):
        if view_tables.unbuilt(cursor, views):
            return
        cursor.execute(f"SET search_path TO {', '.join(view.schema for view in views)}")
        for each in lasts(cursor):
            yield lasting_finding(looking, each, today)


def lasting_finding(looking: Looking, lasting: Lasting, today: date) -> Finding:
    """How it is: soon over, over, or well."""
    if lasting.until is None:
        return looking.soon("known until", f"{lasting.what}: nobody said until when", lasting.do)
    if lasting.until < today:
        return looking.broken("known until", f"{lasting.what}: only until {lasting.until}", lasting.do)
    if lasting.until - today <= SOON:
        return looking.soon("known until", f"{lasting.what}: only until {lasting.until}", lasting.do)
    return looking.ok("known until", f"{lasting.what}: until {lasting.until}")
