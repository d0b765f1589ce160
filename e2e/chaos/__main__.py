"""`make chaos`: break a cluster of real processes under load, then judge what is left of it."""

import argparse
import random
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from e2e.chaos.faults import FAULTS, LONG, WIPES
from e2e.chaos.ground import ground
from e2e.chaos.recovery import table
from e2e.chaos.run import in_turn, run


def main() -> int:
    """Run it; the exit status says whether anything was found."""
    parser = argparse.ArgumentParser(
        prog="make chaos",
        usage='make chaos [ARGS="[--minutes MINUTES] [--seed SEED] [--callers CALLERS] [--only WORDS]"]',
        description=__doc__,
        epilog='For instance: make chaos ARGS="--minutes 3 --only PostgreSQL"',
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults are made [10]")
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run: the same faults again")
    parser.add_argument("--callers", type=int, default=6, help="people at work at the same time [6]")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="only faults whose name has these words in it"
    )
    arguments = parser.parse_args()
    known = {**FAULTS, **WIPES, **LONG}
    chosen = {name: fault for name, fault in known.items() if arguments.only in name}
    if not chosen:
        parser.error("\n  ".join([f"no fault has {arguments.only!r} in its name; there are:", *known]))
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    print(f"seed {seed}; starting five services, RabbitMQ and PostgreSQL", flush=True)
    chance = random.Random(seed)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="linli-chaos-"))
    with ground(folder) as made:
        print(f"ready after {time.monotonic() - began:.0f} s; its logs: {made.cluster.logs}", flush=True)
        faults = in_turn(chosen, chance, arguments.minutes)
        outcome = run(made, faults, chance, _say, callers=arguments.callers)
    print(f"\n{table(outcome.recovered)}\n")
    print(
        f"{outcome.acknowledged} commands were acknowledged ({outcome.again} times one was sent again),"
        f" {outcome.effects} events are neighbours' reactions"
    )
    if outcome.findings:
        print(f"{len(outcome.findings)} findings; the logs stay in {folder}:")
        print("\n".join(outcome.findings[:50]))
        return 1
    for loss in outcome.losses:
        what = f"{len(loss.events)} events and {len(loss.requests)} acknowledged commands"
        print(f"{loss.service} lost {what} behind position {loss.after}, by the fault")
    if outcome.turned:
        print(f"callers who went on with something that was lost, and were refused: {outcome.turned}")
    other = "else " if outcome.losses else ""
    print(f"nothing {other}lost, nothing doubled, nothing out of order, nothing passed over in silence")
    shutil.rmtree(folder)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
