"""Whose fault an error of the database is: the store's, or that of one append of a batch."""

from collections.abc import Sequence

import psycopg

from libs.ledger.privacy.tables import IN_BUCKET
from libs.ledger.store.unit import KeyChanged, Unit

_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)
_OF_ONE = (psycopg.IntegrityError, psycopg.DataError)
_MOST_ATTEMPTS = 5


def is_of_one(error: psycopg.Error, batch: Sequence[Unit], attempts: int) -> bool:
    """Whether one append of the batch is to blame, and not the store.

    For an error that we do not know it is worth finding out, once a new connection did not help. A
    violated key can only come from a destruction of a subject key beside the table lock; the second
    look sees it.
    """
    if isinstance(error, (*_AWAY, psycopg.errors.UniqueViolation)):
        return False
    if isinstance(error, psycopg.ProgrammingError) and batch[0].alone:
        return True  # the effect's own statement
    return isinstance(error, _OF_ONE) or (attempts > 1 and len(batch) > 1)


def may_pass(error: psycopg.Error, attempts: int) -> bool:
    """Whether another attempt is worth it: a store that is away may come back for as long as somebody waits.

    At whatever is neither, a new connection may find a better server, but not again and again.
    """
    return isinstance(error, _AWAY) or attempts < _MOST_ATTEMPTS


def answer_to(error: BaseException, unit: Unit) -> BaseException:
    """What the caller of an append gets for an error: of a bucket that is retired by now, new keys help."""
    if isinstance(error, psycopg.errors.ForeignKeyViolation) and error.diag.constraint_name == IN_BUCKET:
        return KeyChanged([*unit.keys])
    return error
