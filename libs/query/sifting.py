"""Pages of rows of which only a closer look tells whether they belong to the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from libs.query.paging import Page

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Selected(Generic[R]):
    """Rows that may belong to a page, in its order.

    `after`: the order's values behind which the rest of the list lies, None at its end. `enough`: to select
    more would take too long for one page.
    """

    rows: Sequence[R]
    after: tuple[object, ...] | None
    enough: bool = False

    @classmethod
    def of(cls, page: Page, rows: Sequence[R]) -> "Selected[R]":
        """Of the rows of a page and one more, as `Page.fetch` says."""
        kept, token = page.cut(rows)
        return cls(kept, page.values(kept[-1]) if token else None)


def sifted(
    page: Page, select: Callable[[Page], Selected[R]], keep: Callable[[Sequence[R]], Sequence[R]], most: int
) -> tuple[list[R], str]:
    """The rows of a page that `keep` lets pass, and the token of the next page ("" on the last).

    Once `keep` has looked at `most` rows, or `select` has looked far enough, the page is given as full as it
    is, with the token behind the last row that was looked at.
    """
    kept: list[R] = []
    looked, size = 0, page.size
    while True:
        selected = select(page)
        kept += keep(selected.rows)
        looked += len(selected.rows)
        if selected.after is None:
            return kept, ""
        if len(kept) >= size or looked >= most or selected.enough:
            return kept, page.token(*selected.after)
        page = replace(page, size=min(size - len(kept), most - looked), after=selected.after)
