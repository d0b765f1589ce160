"""One call is one trace: from a partner's request through event and broker to what a neighbour appends."""

import json

import pytest

from e2e.cluster.callers import Callers
from e2e.cluster.given import Given
from e2e.journeys.town import report
from libs.telemetry import traces
from libs.telemetry.tests.receiver import Received, tree
from libs.testkit.eventually import eventually
from libs.testkit.ids import some_id

TRACE, SPAN = some_id("a partner's trace"), some_id("a partner's span")[:16]
RECORDED = [
    "linli-cases         linli.cases.v1.CasesService/OpenCase",
    "linli-cases           cases.case OpenCase",
    "linli-cases             append stored_events",
    "linli-cases           publish linli.events",
]
TAKEN = {
    "supervision": [
        "linli-supervision     process cases",
        "linli-supervision       append stored_events",
    ],
    "volunteers": [
        "linli-volunteers      process cases",
        "linli-volunteers        append stored_events",
    ],
}
"""What the trace must hold of the call, and of each neighbour, in this order; more may lie between."""
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


def test_a_partners_call_is_shown_from_its_request_to_the_neighbours_append(
    given: Given, callers: Callers
) -> None:
    partner = callers.partner(callers.operator(), ["cases.open"])

    with traces.span("a partner's program", parent=f"00-{TRACE}-{SPAN}-01"):
        partner.cases.open_case(report(assisted=True))

    shown = eventually(lambda: whole(given), "the collector has the trace whole", seconds=60)

    print(shown)


def whole(given: Given) -> str:
    """The trace as a tree, if it holds all that belongs to it."""
    shown = tree(collected(given), TRACE)
    return shown if all(follow(shown, RECORDED + taken) for taken in TAKEN.values()) else ""


def follow(shown: str, wanted: list[str]) -> bool:
    """Whether these lines are there, one behind the other."""
    lines = iter(shown.splitlines())
    return all(line in lines for line in wanted)


def collected(given: Given) -> list[Received]:
    """What the processes have sent to the collector in the cluster."""
    said = given.outside.kubectl("logs", "collector").splitlines()
    return [Received(**json.loads(line)) for line in said if TRACE in line]
