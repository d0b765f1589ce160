"""Pages of rows of which only a closer look tells whether they belong to the list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from libs.query.paging import Page

R = TypeVar("R", bound=Mapping[str, Any])


def sifted(
    page: Page, select: Callable[[Page], Sequence[R]], keep: Callable[[Sequence[R]], Sequence[R]], most: int
) -> tuple[list[R], str]:
    """The rows of a page that `keep` lets pass, and the token of the next page ("" on the last).

    `select` gives the rows of a page and one more, as `Page.fetch` says. Once `keep` has looked at `most`
    rows, the page is given as full as it is, with the token behind the last row that was looked at.
    """
    kept: list[R] = []
    looked, size = 0, page.size
    while True:
        rows, token = page.cut(select(page))
        kept += keep(rows)
        looked += len(rows)
        if not token or len(kept) >= size or looked >= most:
            return kept, token
        last: Mapping[str, Any] = rows[-1]
        after = tuple(last[each.column] for each in page.order)
        page = replace(page, size=min(size - len(kept), most - looked), after=after)
