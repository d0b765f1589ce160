"""Figures that cannot be counted are missed; nobody goes out of service for want of them."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

from libs.ledger.views.view import Views
from libs.runtime.host.counting import Counting
from libs.telemetry import metrics
from libs.telemetry.metrics import Figure, Values

VIEWS = cast("Views", SimpleNamespace(ledger=SimpleNamespace(service="test")))
FIGURE = Figure(
    name="test_counted",
    meaning="Matters that wait, as the tests of counting count them.",
    labels={"state": ("new",)},
)


def test_a_count_that_raises_anything_leaves_no_figure_and_goes_on() -> None:
    answers = iter([1, None, 2])

    def count(_views: Views) -> Sequence[tuple[Figure, Values]]:
        answer = next(answers)
        if answer is None:
            raise KeyError("a cause of a newer release")
        return [(FIGURE, {("new",): answer})]

    counting, seen = Counting(count, VIEWS), list[bool]()
    for _ in range(3):
        counting.count()
        seen.append("linli_test_counted{" in metrics.exposition().decode())

    assert seen == [True, False, True]
