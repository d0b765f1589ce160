"""Pages of rows that are looked at more closely: as full as they can be, and none is lost."""

import pytest

from libs.query.paging import Page, ascending
from libs.query.sifting import Selected, sifted
from libs.rpc.tests.greeter import message

List = message("ListNotesRequest")
ROWS = [{"number": number} for number in range(1, 101)]


def walked(size: int, most: int, wanted: set[int]) -> list[list[int]]:
    """The pages of a list of those wanted."""

    def select(page: Page) -> Selected[dict[str, int]]:
        rows = [row for row in ROWS if page.after is None or (row["number"],) > page.after]
        return Selected.of(page, rows[: page.fetch])

    request, pages = List(page_size=size), []
    while True:
        page = Page.of(request, [ascending("number", int)])
        rows, request.page_token = sifted(
            page, select, lambda some: [row for row in some if row["number"] in wanted], most
        )
        pages.append([row["number"] for row in rows])
        if not request.page_token:
            return pages


@pytest.mark.parametrize("size", [1, 7, 100, 101])
@pytest.mark.parametrize("wanted", [set(range(1, 101)), {1, 50, 51, 100}, {99}, set[int]()])
def test_the_pages_together_are_the_rows_that_pass(size: int, wanted: set[int]) -> None:
    pages = walked(size, 1_000, wanted)

    assert [number for page in pages for number in page] == sorted(wanted)
    assert all(len(page) == size for page in pages[:-1])


def test_a_page_ends_where_enough_was_looked_at() -> None:
    assert walked(2, 30, {1, 80, 90, 100}) == [[1], [], [80, 90], [100]]
