"""Which failures pass by themselves, and what may be told of the others."""

from typing import Any

import psycopg

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import AlreadyHandled, LedgerUnavailable

PASSING = (LedgerUnavailable, psycopg.OperationalError, psycopg.InterfaceError, AlreadyHandled)
"""Failures that are not an event's or a moment's: the store is away, or another process was faster."""


def is_conflict(error: Exception) -> bool:
    """Whether others kept changing the same stream at the same moment: no fault of the event."""
    return isinstance(error, Refusal) and error.kind is Kind.CONFLICT


def told(error: Exception) -> str:
    """What is kept of an error: a refusal's code and message, of anything else only its type.

    Messages of other exceptions may quote what they stumbled over.
    """
    return str(error) if isinstance(error, Refusal) else type(error).__name__


def trouble(error: Exception) -> dict[str, Any]:
    """An error as fields of a log line: of a store that is away one sentence, of all else the stack."""
    if isinstance(error, PASSING):
        return {"error": f"{type(error).__name__}: {error}".strip().partition("\n")[0]}
    return {"exc_info": error}
