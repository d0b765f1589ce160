"""`make bench`: every measurement, in one run on one machine and one PostgreSQL."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from e2e.bench import group_commit
from e2e.bench.figures import Figure, told
from libs.runtime.postgres import EmbeddedPostgres

MEASUREMENTS: dict[str, Callable[[EmbeddedPostgres], Figure | list[Figure]]] = {
    "group-commit": group_commit.measure,
}


def main() -> int:
    """Run the measurements named, or all of them."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(MEASUREMENTS)}")
    names = parser.parse_args().names or list(MEASUREMENTS)
    print(f"{os.cpu_count()} cores; ratios are against the baseline named, in this same run.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data")
        server.start()
        try:
            for name in names:
                began = time.monotonic()
                figures = MEASUREMENTS[name](server)
                for figure in figures if isinstance(figures, list) else [figures]:
                    print(told(figure))
                print(f"  ({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
