"""`make bench`: every measurement, in one run on one machine and one PostgreSQL."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from e2e.bench import (
    account,
    burst,
    clocks,
    disclosed,
    duplicates,
    exchange,
    footprint,
    group_commit,
    growth,
    imports,
    lists,
    live,
    locate,
    reading,
    serving,
    signed,
    suggest,
)
from e2e.bench.figures import Figure, table, told
from e2e.bench.ground import Ground

MEASUREMENTS: dict[str, Callable[[Ground], Figure | list[Figure]]] = {
    "group-commit": group_commit.measure,
    "open-case": serving.open_case,
    "account": account.measure,
    "replay": footprint.replay,
    "imports": imports.measure,
    "second-start": footprint.second_start,
    "rebuild": reading.rebuilds,
    "visible": reading.visible,
    "lifecycles": serving.lifecycles,
    "at-size": serving.at_size,
    "burst": burst.measure,
    "exchange": exchange.measure,
    "signed": signed.measure,
    "growth": growth.measure,
    "lists": lists.measure,
    "duplicates": duplicates.measure,
    "live": live.measure,
    "clocks": clocks.measure,
    "suggest": suggest.measure,
    "locate": locate.measure,
    "disclosed": disclosed.measure,
}


def main() -> int:
    """Run the measurements named, or all of them."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--quick", action="store_true", help="smaller and shorter: to see that it works")
    parser.add_argument(
        "--events",
        type=_events,
        default=1_000_000,
        metavar="N",
        help="how far growth fills a ledger, such as 10_000_000 (1,000,000 if not given)",
    )
    parser.add_argument(
        "--cases",
        type=int,
        default=100_000,
        metavar="N",
        help="how many cases at-size has, such as 1_000_000 (100,000 if not given)",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="where the made-up cases of lists and duplicates stay, so that a later run need not fill again",
    )
    arguments = parser.parse_args()
    names = arguments.names or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        parser.error(f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the run; ratios are against the baseline named,")
    print("in this same run, on this same PostgreSQL.\n", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        Path(folder).chmod(0o755)
        ground = Ground(
            Path(folder),
            quick=arguments.quick,
            events=arguments.events,
            cases=arguments.cases,
            made_up=arguments.keep,
        )
        figures = _measure(names, ground)
    print(table(figures))
    print(f"\n{time.monotonic() - began:.0f} s in all{', quick: not for comparing' * arguments.quick}")
    return 0


def _events(text: str) -> int:
    number = int(text)
    if number < growth.FEWEST:
        raise argparse.ArgumentTypeError(
            f"{number:,} are too few to tell anything: {growth.FEWEST:,} or more"
        )
    return number


def _measure(names: list[str], ground: Ground) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        began = time.monotonic()
        found = MEASUREMENTS[name](ground)
        found = found if isinstance(found, list) else [found]
        print("\n".join(map(told, found)))
        print(f"  ({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
        figures += found
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
