"""Lists of other processes, read whole."""

from types import SimpleNamespace

from libs.rpc.pages import rows_of_pages

PAGES = {"": (["a", "b"], "t2"), "t2": ([], "t3"), "t3": (["c"], "")}


def test_all_pages_are_read_and_each_only_when_it_is_needed() -> None:
    asked: list[str] = []

    def ask(request: SimpleNamespace) -> SimpleNamespace:
        asked.append(request.page_token)
        rows, token = PAGES[request.page_token]
        return SimpleNamespace(cases=rows, next_page_token=token)

    rows = rows_of_pages(ask, SimpleNamespace(page_token=""), "cases")

    assert (next(rows), next(rows), asked) == ("a", "b", [""])
    assert ([*rows], asked) == (["c"], ["", "t2", "t3"])
