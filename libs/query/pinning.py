"""Lists in an order in which rows move: from their second page on they answer for the moment of the first.

A row whose place changes between two pages would otherwise come twice, or not at all.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from libs.query.freshness import Fresh, PageQuery
from libs.query.paging import unreadable_token

Q = TypeVar("Q", bound=PageQuery)
R = TypeVar("R")
_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = "."
_MOST = 10**17  # microseconds: beyond the year 5000


def pinned(query: Q, fresh: Fresh, page: Callable[[Q, Fresh], tuple[R, str, datetime]]) -> tuple[R, str]:
    """A page, and the token of the next ("" on the last); `page` answers until which moment it knows, too.

    The moment goes along in the token. Raises `Refusal` PAGE_TOKEN_INVALID.
    """
    token, mark, micros = query.page_token.partition(_MARK)
    if mark:
        query, fresh = _with_token(query, token), replace(fresh, as_of=_moment(micros))
    elif query.page_token:
        raise unreadable_token()
    rows, following, until = page(query, fresh)
    since = (fresh.as_of or until) - _BEGAN
    return rows, f"{following}{_MARK}{since // timedelta(microseconds=1)}" if following else ""


def _with_token(query: Q, token: str) -> Q:
    copy: Any = type(query)()
    copy.CopyFrom(query)
    copy.page_token = token
    return copy  # type: ignore[no-any-return]  # of the same message type


def _moment(micros: str) -> datetime:
    if not (micros.isascii() and micros.isdecimal() and int(micros[:20]) < _MOST):
        raise unreadable_token()
    return _BEGAN + timedelta(microseconds=int(micros))
