"""What the cases service answers a second: openings, whole lifecycles, and the same with a large ledger."""

import statistics
from collections.abc import Callable

from e2e.bench.callers import Callers, Rate
from e2e.bench.copies import multiply, wait_for_views
from e2e.bench.figures import Figure
from e2e.bench.ground import LOADED, Ground
from services.cases.wiring import SERVICE

CALLERS = 32
EMPTY, FULL = "cases_empty", "cases_full"

TURNS = (
    "the one interpreter of the server: 650 to 850 us of its processor an opening (the rpc that does"
    " nothing: 140 to 210), of which 65 % in the rpc's thread, 10 % projector, 8 % committer, 8 % grpc;"
    " 45 % of all goes into handing the interpreter's lock from thread to thread"
)
KEPT = "the same without handing over between cores: 575 us of the server's processor an opening"


def open_case(ground: Ground) -> list[Figure]:
    """OpenCase against an rpc that does nothing, on the same server; again with the server on one core."""
    ground.loaded()
    return [_opened(ground, one_core=False), _opened(ground, one_core=True)]


def _opened(ground: Ground, *, one_core: bool) -> Figure:
    seconds = 2.0 if ground.quick else 5.0
    with ground.postgres() as server:
        ground.copy_database(server, LOADED, EMPTY)
        with (
            ground.cases_server(EMPTY, one_core=one_core) as served,
            Callers(served, CALLERS // 4) as callers,
        ):
            callers.run("open", 2.0)
            opened, nothing, health = _in_turn(
                lambda: callers.run("open", seconds),
                lambda: callers.run("no-op", seconds),
                lambda: callers.run("health", seconds / 2),
            )
    ratio = _rate(opened) / _rate(nothing)
    return Figure(
        name=f"OpenCase, {CALLERS} callers{', LINLI_ONE_CORE' * one_core}",
        measured=f"{_rate(opened):,.0f}/s, median {_ms(opened, 'median')}, p99 {_ms(opened, 'p99')}",
        baseline=f"an rpc that does nothing, same server (role `server` of cases): {_rate(nothing):,.0f}/s"
        f" ({nothing[-1].usage}); grpc's own health check, past our pipeline: {_rate(health):,.0f}/s"
        f" (OpenCase is {_rate(opened) / _rate(health):.2f} of that)",
        ratio=ratio,
        goal="0.4 or more",
        reached=ratio >= 0.4,
        busy=str(opened[-1].usage),
        limit=KEPT if one_core else TURNS,
    )


def lifecycles(ground: Ground) -> Figure:
    """Open (and route), accept, start, resolve, close, read: against all of `linli up`."""
    ground.replayed()
    seconds = 4.0 if ground.quick else 8.0
    with ground.platform() as platform, Callers(ground.served(platform), CALLERS // 4) as callers:
        callers.run("lifecycle", 2.0)
        runs = [callers.run("lifecycle", seconds) for _ in range(1 if ground.quick else 3)]
    return Figure(
        name=f"Full lifecycles, {CALLERS} callers, linli up",
        measured=f"{_rate(runs):,.0f}/s ({6 * _rate(runs):,.0f} rpcs/s), median {_ms(runs, 'median')},"
        f" p99 {_ms(runs, 'p99')}",
        busy=str(runs[-1].usage),
        limit="the one process: 4.4 to 5.2 ms of its processor a lifecycle, 51 % in the rpcs' threads, 14 %"
        " deliveries, 13 % projectors, 9 % committers, 13 % grpc",
    )


def at_size(ground: Ground) -> Figure:
    """Lifecycles with `--cases` in the ledger against none, two servers side by side, in turn."""
    ground.replayed()
    seconds = 3.0 if ground.quick else 6.0
    with ground.postgres() as server:
        ground.copy_database(server, LOADED, EMPTY)
        ground.copy_database(server, "cases", FULL)
        with ground.cases_server(FULL):
            wait_for_views(server.dsn(FULL))
        wanted = 10_000 if ground.quick else ground.cases
        filled = multiply(server.dsn(FULL), "case", wanted, SERVICE.views)
        with (
            ground.cases_server(FULL) as full,
            ground.cases_server(EMPTY) as empty,
            Callers(full, CALLERS // 4) as at_full,
            Callers(empty, CALLERS // 4) as at_empty,
        ):
            wait_for_views(server.dsn(FULL), 300 + ground.cases / 500)
            for callers in (at_full, at_empty):
                callers.run("lifecycle", 2.0)
            large, small = _in_turn(
                lambda: at_full.run("lifecycle", seconds),
                lambda: at_empty.run("lifecycle", seconds),
                rounds=3 if ground.quick else 5,
            )
    ratio = _rate(large) / _rate(small)
    return Figure(
        name=f"Lifecycles with {filled.streams:,} cases ({filled.events:,} events)",
        measured=f"{_rate(large):,.0f}/s, median {_ms(large, 'median')}, p99 {_ms(large, 'p99')}",
        baseline=f"the same server (role `server` of cases) without a case: {_rate(small):,.0f}/s,"
        f" median {_ms(small, 'median')}, p99 {_ms(small, 'p99')} ({small[-1].usage})",
        ratio=ratio,
        goal="0.9 or more",
        reached=ratio >= 0.9,
        busy=str(large[-1].usage),
        limit="the interpreter of the server, as without cases; what is more, goes into larger indexes",
    )


def _in_turn(*measures: Callable[[], Rate], rounds: int = 3) -> list[list[Rate]]:
    """Each once, and again from the first: a machine that drifts drifts for all."""
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(runs) for runs in zip(*taken, strict=True)]


def _rate(runs: list[Rate]) -> float:
    return statistics.median(run.rate for run in runs)


def _ms(runs: list[Rate], which: str) -> str:
    return f"{1000 * statistics.median(getattr(run, which) for run in runs):.0f} ms"
