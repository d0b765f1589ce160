"""How measurements are taken and told: medians over rounds, each beside its baseline of the same run."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number, what it is held against, and what limits it.

    `goal` is the issue's; `reached` is None where the figure has no goal. `busy` says who used the
    processor while it was measured, `limit` what profiling of that once showed.
    """

    name: str
    measured: str
    baseline: str = ""
    ratio: float | None = None
    goal: str = ""
    reached: bool | None = None
    busy: str = ""
    limit: str = ""


def told(figure: Figure) -> str:
    """The figure as lines of text."""
    verdict = {True: "reached", False: "NOT REACHED", None: "no goal"}[figure.reached]
    lines = [f"{figure.name}: {figure.measured}"]
    if figure.baseline:
        lines.append(f"  baseline: {figure.baseline}")
    if figure.ratio is not None:
        lines.append(f"  ratio:    {figure.ratio:.2f}")
    if figure.goal:
        lines.append(f"  goal:     {figure.goal} ({verdict})")
    if figure.busy:
        lines.append(f"  busy:     {figure.busy}")
    if figure.limit:
        lines.append(f"  limit:    {figure.limit} (by profiles of 2026-11, not of this run)")
    return "\n".join(lines)


def table(figures: Sequence[Figure]) -> str:
    """One line for each figure that has a goal or a ratio: all of them at one glance."""
    rows = [("figure", "measured", "ratio", "goal", "")]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        verdict = {True: "reached", False: "NOT REACHED", None: ""}[figure.reached]
        rows.append((figure.name, figure.measured, ratio, figure.goal, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def per_second(work: Callable[[int], None], callers: int, each: int) -> float:
    """`callers` threads run `work(number)` `each` times at once; how many a second in all."""
    gate = threading.Barrier(callers + 1)
    failures: list[BaseException] = []

    def run(caller: int) -> None:
        gate.wait()
        try:
            for number in range(each):
                work(caller * each + number)
        except BaseException as failure:  # noqa: BLE001  # told below, whatever it is
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return callers * each / seconds


def medians(first: Callable[[], float], second: Callable[[], float], rounds: int = 3) -> tuple[float, float]:
    """Both in turn, A B A B ..., so that a machine that drifts drifts for both; the two medians."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
