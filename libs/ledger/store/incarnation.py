"""Which ledger this is, and which of its lives: raised when its database was restored or promoted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Literal

TABLE = "ledger_incarnations"

_CREATE = """
CREATE TABLE IF NOT EXISTS {incarnations} (
    incarnation bigint PRIMARY KEY,
    ledger uuid NOT NULL,
    place text NOT NULL,
    position bigint NOT NULL,
    chain bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
# Where a ledger lives: the server's identity, its timeline (raised by each promotion and by each
# recovery to a moment), the database and the table (made anew by each restore of a dump). Whoever
# connects to a ledger in a new place begins its next incarnation, behind what it holds. Its number is
# the second in which it began, counted from 2026: a ledger that was restored to before an incarnation
# knows nothing of that one, and would otherwise give its number again.
_ENTER = """
CREATE OR REPLACE FUNCTION {enter}() RETURNS {incarnations}
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    here text := format('%s/%s/%s/%s',
        (SELECT system_identifier FROM pg_control_system()),
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        {events_literal}::regclass::oid);
    latest {incarnations};
    head record;
BEGIN
    SELECT * INTO latest FROM {incarnations} ORDER BY incarnation DESC LIMIT 1;
    IF latest.place = here THEN
        RETURN latest;
    END IF;
    LOCK TABLE {events} IN EXCLUSIVE MODE;
    SELECT * INTO latest FROM {incarnations} ORDER BY incarnation DESC LIMIT 1;
    IF latest.place IS DISTINCT FROM here THEN
        SELECT e.notification_id, e.chain INTO head
            FROM {events} AS e ORDER BY e.notification_id DESC LIMIT 1;
        latest.incarnation := CASE WHEN latest.incarnation IS NULL THEN 1 ELSE greatest(
            latest.incarnation + 1,
            extract(epoch FROM clock_timestamp() - timestamptz '2026-01-01 00:00:00Z')::bigint) END;
        latest.ledger := coalesce(latest.ledger, gen_random_uuid());
        INSERT INTO {incarnations} (incarnation, ledger, place, position, chain)
            SELECT latest.incarnation, latest.ledger, here,
                coalesce(head.notification_id, 0),
                coalesce(head.chain, sha256(convert_to('linli ledger ' || latest.ledger, 'UTF8')))
            RETURNING * INTO latest;
    END IF;
    RETURN latest;
END
$function$;
REVOKE ALL ON FUNCTION {enter} FROM PUBLIC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incarnation:
    """One life of a ledger: its number, 1 for the first, and where it began, behind which events.

    `chain` is the hash over all events up to `position`: what it took over from the life before.
    """

    ledger: str
    number: int
    position: int
    chain: bytes
    since: datetime


class Life(NamedTuple):
    """One life of somebody's ledger, as far as others are told: its number, and behind what it began."""

    number: int
    position: int


class _Began(Protocol):
    @property
    def number(self) -> int: ...

    @property
    def position(self) -> int: ...


def create_statements(events: str) -> list[Composed]:
    """The table and the function by which a process enters a ledger."""
    names: Mapping[str, Any] = {
        "events": Identifier("public", events),
        "events_literal": Literal(f"public.{events}"),
        "incarnations": Identifier("public", TABLE),
        "enter": Identifier("public", "ledger_enter"),
    }
    return [SQL(text).format(**names) for text in (_CREATE, _ENTER)]


def enter(connection: Connection[Any]) -> Incarnation:
    """The incarnation of the ledger behind a connection; begins the next one where it moved."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM public.ledger_enter()").fetchone()
    assert row is not None  # noqa: S101  # the function always answers one
    return _incarnation(row)


def entered(connection: Connection[Any]) -> Sequence[Incarnation]:
    """The same, with all that went before: the last one is that of now."""
    life = enter(connection)
    return [each for each in incarnations(connection) if each.number <= life.number]


def lost(lives: Sequence[_Began], position: int, number: int) -> str:
    """Why a ledger with these incarnations has lost what one of them held at a position; "" if it has it."""
    if number > lives[-1].number:
        return f"incarnation {lives[-1].number} of the ledger is the newest there is"
    if all(life.number != number for life in lives):
        return f"incarnation {number} is itself lost: the ledger knows nothing of it"
    for life in lives:
        if life.number > number and life.position < position:
            return f"incarnation {life.number} of the ledger began behind {life.position}"
    return ""


def incarnations(connection: Connection[Any]) -> list[Incarnation]:
    """All lives of a ledger, the first one first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"SELECT * FROM public.{TABLE} ORDER BY incarnation").fetchall()
    return [_incarnation(row) for row in rows]


def _incarnation(row: Mapping[str, Any]) -> Incarnation:
    return Incarnation(
        ledger=str(row["ledger"]),
        number=row["incarnation"],
        position=row["position"],
        chain=bytes(row["chain"]),
        since=row["since"],
    )
