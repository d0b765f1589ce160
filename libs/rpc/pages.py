"""Lists of other processes, read whole (AIP-158)."""

from collections.abc import Callable, Iterator
from typing import Any


def rows_of_pages(ask: Callable[[Any], Any], request: Any, rows: str) -> Iterator[Any]:
    """The rows of all pages, each asked for when it is needed. `rows`: the field of the answer that has them.

    The request moves on from page to page: let nobody else use it meanwhile.
    """
    while True:
        page = ask(request)
        yield from getattr(page, rows)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
