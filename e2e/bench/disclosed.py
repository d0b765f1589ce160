"""What it costs that a reading is stored before the answer leaves: GetCase read anew, and read again.

Each case is read for the first time, which is stored, then again within five minutes, which is not:
the rest of the work is the same.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb

from e2e.bench.callers import opening
from e2e.bench.figures import Figure
from e2e.bench.ground import Ground

CALLERS = 16


def measure(ground: Ground) -> list[Figure]:
    """For one caller and for sixteen."""
    ground.loaded()
    number = 160 if ground.quick else 1_600
    with ground.platform() as platform:
        stub = ground.city(platform).cases
        cases = [stub.open_case(opening(each)).case.case_id for each in range(2 * number)]
        return [
            _of(stub, cases[:number], 1),
            _of(stub, cases[number:], CALLERS),
        ]


def _of(stub: Any, cases: Sequence[str], callers: int) -> Figure:
    stored, again = _a_second(stub, cases, callers), _a_second(stub, cases, callers)
    return Figure(
        name=f"GetCase whose reading is stored first, {callers} caller{'s' * (callers > 1)}",
        measured=f"{stored:,.0f}/s ({1000 * callers / stored:.2f} ms each)",
        baseline=f"{again:,.0f}/s read again, which is not stored ({1000 * callers / again:.2f} ms each)",
        ratio=stored / again,
    )


def _a_second(stub: Any, cases: Sequence[str], callers: int) -> float:
    """How many cases are read in a second."""

    def read(case_id: str) -> None:
        answer = stub.get_case(pb.GetCaseRequest(case_id=case_id))
        assert answer.report.description

    with ThreadPoolExecutor(callers) as threads:
        began = time.perf_counter()
        list(threads.map(read, cases))
        return len(cases) / (time.perf_counter() - began)
