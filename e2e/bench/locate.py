"""How fast points are located: in process, one by one, and ten thousand by one call.

The points are those of the requests of Los Angeles, which lie where people live: many in few places. In
process, `Locate` itself is measured, without a wire; a call has 10,000 of them.
"""

import csv
import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice

from linli.identity.v1 import identity_service_pb2 as pb
from linli.types.v1.types_pb2 import Point

from e2e.bench.figures import Figure, medians
from e2e.bench.ground import Ground
from e2e.city.los_angeles import REQUESTS
from libs.geo.index import AreaIndex
from libs.geo.tests.councils import rows
from libs.rpc.moments import stamp

AT = datetime(2020, 1, 15, tzinfo=UTC)
IN_A_CALL = 10_000


def measure(ground: Ground) -> list[Figure]:
    """The figures of both."""
    return [_in_process(), _by_one_call(ground)]


def _in_process() -> Figure:
    points = list(_points())
    index = AreaIndex(rows())

    def all_of(index: AreaIndex) -> float:
        began = time.perf_counter()
        for longitude, latitude in points:
            index.locate(longitude, latitude, AT)
        return len(points) / (time.perf_counter() - began)

    warm, cold = medians(lambda: all_of(index), lambda: all_of(AreaIndex(rows())))
    return Figure(
        name="locate, in process",
        measured=f"{warm:,.0f}/s",
        baseline=f"{cold:,.0f}/s while the cells around the points are found out",
        ratio=warm / cold,
        goal="10,000/s",
        reached=warm >= 10_000,
    )


def _by_one_call(ground: Ground) -> Figure:
    ground.loaded()
    request = pb.LocateManyRequest(
        points=[Point(longitude=x, latitude=y) for x, y in islice(cycle(_points()), IN_A_CALL)],
        at_time=stamp(AT),
    )
    with ground.platform() as platform:
        stub = ground.city(platform).identity

        def call() -> float:
            began = time.perf_counter()
            answer = stub.locate_many(request)
            seconds = time.perf_counter() - began
            assert len(answer.points) == IN_A_CALL
            return seconds

        first = call()
        seconds, _ = medians(call, call)
    return Figure(
        name=f"LocateMany, {IN_A_CALL:,} points in one call",
        measured=f"{seconds:.2f} s (the first call {first:.2f} s)",
        goal="under 1 s",
        reached=seconds < 1,
    )


def _points() -> Iterator[tuple[float, float]]:
    with gzip.open(REQUESTS, "rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["latitude"].strip():
                yield float(row["longitude"]), float(row["latitude"])
