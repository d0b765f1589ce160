"""Which types of events a view lacks: those of a newer release, which an older one's projector passes over.

It is noted in the transaction that folds what lies beside them, so a release that knows the type finds out
that the view must be built anew.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import Cursor

from libs.ledger.recorded import Recorded

DDL = """
CREATE TABLE IF NOT EXISTS public.view_passed_over (
    schema text NOT NULL,
    name text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (schema, name)
);
"""
"""`schema`: as in `view_position`; `name`: the type's stored name; `position`: the first passed over."""

_NOTE = """
INSERT INTO public.view_passed_over (schema, name, position)
SELECT v.schema, p.name, p.position FROM unnest(%s::text[]) AS v(schema),
    unnest(%s::text[], %s::bigint[]) AS p(name, position)
ON CONFLICT DO NOTHING
"""


def among(events: Iterable[Recorded[Any]]) -> dict[str, int]:
    """The types among some events that this release does not know, each with the position of the first."""
    found: dict[str, int] = {}
    for recorded in events:
        if not recorded.known:
            found.setdefault(recorded.name, recorded.position)
    return found


def note(cursor: Cursor[Any], schemas: list[str], passed: dict[str, int]) -> None:
    """Note that views lack events of these types; what was noted before stays."""
    if passed:
        cursor.execute(_NOTE, [schemas, list(passed), list(passed.values())])


def noted(cursor: Cursor[Any], schema: str) -> dict[str, int]:
    """The types whose events a view lacks, each with the position of the first."""
    cursor.execute("SELECT name, position FROM public.view_passed_over WHERE schema = %s", [schema])
    return {row["name"]: row["position"] for row in cursor}


def forget(cursor: Cursor[Any], schema: str) -> None:
    """The view's tables are made anew: it lacks nothing yet."""
    cursor.execute("DELETE FROM public.view_passed_over WHERE schema = %s", [schema])
