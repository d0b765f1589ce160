"""What `linli up` needs: time for the replay, memory after it, time until a second start is ready."""

import os
import statistics
import time

from e2e.bench.figures import Figure
from e2e.bench.ground import Ground
from e2e.bench.processor import memory, watched


def replay(ground: Ground) -> list[Figure]:
    """The city's requests through the gRPC API of `linli up`; then the memory of that process."""
    ground.loaded()
    with ground.platform() as platform:
        served = ground.served(platform)
        ready = memory(served.pid)
        with watched(
            {"linli up": [served.pid], "callers": [os.getpid()], "PostgreSQL": [served.postgres]}
        ) as usage:
            ground.replay(platform)
        resident = memory(served.pid)
    done = ground.replayed_in
    commands = sum(done.commands.values())
    return [
        Figure(
            name=f"Replay of {len(done.cases):,} requests",
            measured=f"{done.seconds:.0f} s ({commands / done.seconds:,.0f} commands/s)",
            goal="" if ground.quick else "180 s or less",
            reached=None if ground.quick else done.seconds <= 180,
            busy=str(usage),
            limit="the one process of five services (1 ms of its processor a command, half of it in the rpc's"
            " thread), beside the one that replays",
        ),
        Figure(
            name="Memory of linli up after the replay",
            measured=f"{resident:.0f} MiB, PostgreSQL aside",
            goal="under 500 MiB",
            reached=resident < 500,
            limit=f"{ready:.0f} MiB when it was ready: libraries and code; then streams, rows, keys kept in"
            " memory, all of them bounded, and the solver's library once it is used",
        ),
    ]


def second_start(ground: Ground) -> Figure:
    """From the start of the process over its old data to ready."""
    ground.replayed()
    times = []
    for _ in range(1 if ground.quick else 3):
        began = time.perf_counter()
        with ground.platform():
            times.append(time.perf_counter() - began)
    seconds = statistics.median(times)
    return Figure(
        name="Second start of linli up",
        measured=f"ready after {seconds:.1f} s",
        goal="under 6 s",
        reached=seconds < 6,
        limit="importing five services and their libraries (0.6 s), opening the ledgers (0.5 s), PostgreSQL",
    )
