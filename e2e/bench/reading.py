"""Views: how fast each is built anew, and how soon what is committed here can be seen over there."""

import statistics
import threading
import time

from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.bench.callers import Callers, opening
from e2e.bench.copies import multiply_all
from e2e.bench.figures import Figure, quantile
from e2e.bench.ground import Ground
from e2e.city.platform import City
from e2e.journeys.ledgers import all_services
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.rebuild import rebuild
from libs.ledger.views.view import View

ENOUGH = 10_000
"""Of fewer events a rate says nothing: making and switching tables takes longer than folding."""


LIMITS = {
    "areas": "PostgreSQL takes in 38 MB/s of boundaries (7 kB an event here) and compresses them",
}
"""What profiling found where it is not the usual."""


def rebuilds(ground: Ground) -> list[Figure]:
    """Each view of each service, built anew and switched in, from the ledger of the replayed city.

    Where the replay left few events, from that ledger with its streams copied until there are enough.
    """
    ground.replayed()
    figures = []
    with ground.postgres() as server:
        for service in all_services():
            database, how = service.name, "the replay"
            with ground.ledger(service, database) as ledger:
                few = len(ledger.read(limit=ENOUGH)) < ENOUGH
            if few and not ground.quick:
                database, how = f"{service.name}_copied", "copies"
                ground.copy_database(server, service.name, database)
                multiply_all(server.dsn(database), ENOUGH * 11 // 10)
            with ground.ledger(service, database) as ledger:
                figures += [_rebuilt(service.name, ledger, view, how) for view in service.views]
    return figures


def _rebuilt(service: str, ledger: Ledger, view: View, how: str) -> Figure:
    done = max((rebuild(ledger, view) for _ in range(2)), key=lambda each: each.events / each.seconds)
    rate = done.events / done.seconds
    few = done.events < ENOUGH
    return Figure(
        name=f"Rebuild {service}.{view.name}",
        measured=f"{done.events:,} events of {how} in {1000 * done.seconds:,.0f} ms: {rate:,.0f} events/s",
        goal="" if few else "10,000 events/s or more",
        reached=None if few else rate >= 10_000,
        limit="" if few else LIMITS.get(view.name, "Python: half reading and decoding, half folding"),
    )


def visible(ground: Ground) -> list[Figure]:
    """From the answer of OpenCase to the answer of a query of supervision that counts the case."""
    ground.replayed()
    number = 60 if ground.quick else 300
    with ground.platform() as platform:
        city = ground.city(platform)
        query = supervision.ListLongestOpenRequest(page_size=1)
        alone = statistics.median(_timed(city, query) for _ in range(50))
        quiet = _until_visible(city, number)
        with Callers(ground.served(platform), threads=4, processes=2) as callers:
            load = threading.Thread(target=callers.run, args=("lifecycle", number * 0.05))
            load.start()
            busy = _until_visible(city, number // 2)
            load.join()
    return [
        Figure(
            name=f"Commit to visible in supervision's view, {how}",
            measured=f"median {1000 * statistics.median(times):.0f} ms,"
            f" p99 {1000 * quantile(times, 0.99):.0f} ms",
            baseline=f"the same query without waiting, nothing else going on: {1000 * alone:.1f} ms",
            limit=limit,
        )
        for how, times, limit in (
            (
                "nothing else going on",
                quiet,
                "waits on purpose: deliveries gather events for 10 ms, projectors up to 25 ms",
            ),
            (
                "8 callers in lifecycles",
                busy,
                "turns of the interpreter lock between callers, delivery and projectors",
            ),
        )
    ]


def _until_visible(city: City, number: int) -> list[float]:
    times = []
    for each in range(number):
        revision = city.cases.open_case(opening(each)).revision
        times.append(_timed(city, supervision.ListLongestOpenRequest(page_size=1, cases_at_least=revision)))
        time.sleep(0.02)  # so that one case is not carried along with the one before
    return times


def _timed(city: City, query: supervision.ListLongestOpenRequest) -> float:
    began = time.perf_counter()
    city.supervision.list_longest_open(query)
    return time.perf_counter() - began
