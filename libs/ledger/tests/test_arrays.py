"""Packed arrays arrive as what they were made of."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest

from libs.ledger.store import arrays
from libs.ledger.store.arrays import Bigints, Blobs, Booleans, Packed, Texts


@pytest.mark.parametrize(
    ("pack", "given", "kind"),
    [
        (Booleans.of, [True, False], "boolean[]"),
        (Bigints.of, [1, None, -(2**63), 2**63 - 1], "bigint[]"),
        (Texts.of, ["", "邻里", "a,b", '{"x"}', "NULL", "\\"], "text[]"),
        (Blobs.of, [b"", None, b"\x00\xff"], "bytea[]"),
        (Booleans.of, [], "boolean[]"),
        (Bigints.of, [], "bigint[]"),
        (Texts.of, [], "text[]"),
        (Blobs.of, [], "bytea[]"),
    ],
)
def test_a_packed_array_is_the_list_on_the_server(
    dsn: str, pack: Callable[[Any], Packed], given: Sequence[object], kind: str
) -> None:
    with psycopg.connect(dsn, client_encoding="latin1") as connection:
        arrays.accept(connection)

        cursor = connection.cursor(binary=True)
        row = cursor.execute("SELECT %s, pg_typeof(%s)::text", [pack(given), pack(given)]).fetchone()

    assert row == (given, kind)


def test_a_text_that_no_database_takes_is_refused(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        arrays.accept(connection)

        with pytest.raises(psycopg.DataError):
            connection.execute("SELECT %s", [Texts.of(["a\x00b"])])
