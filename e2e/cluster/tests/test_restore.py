"""A backup, a database destroyed, and a restore to an earlier moment, by the commands of OPERATING.md."""

import re
from functools import partial

import pytest
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, until_known
from e2e.cluster.callers import Callers
from e2e.cluster.given import Given
from e2e.cluster.release import Release
from e2e.journeys.town import report
from libs.testkit.eventually import eventually

HEADING = "Back up and restore on Kubernetes"
BACK_UP, RESTORE, SHOW, GO_ON = range(4)
CONSUMERS = ("identity", "volunteers", "supervision")
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


def test_consumers_stop_loudly_say_what_was_lost_and_go_on(given: Given, callers: Callers) -> None:
    operator = callers.operator(deadline=60.0)
    kept = operator.cases.open_case(report(assisted=True)).case
    heard(operator, kept.case_id)
    given.reader.does(HEADING, BACK_UP)
    lost = operator.cases.open_case(report(assisted=True)).case
    heard(operator, lost.case_id)

    given.reader.runs("psql -qc 'DROP DATABASE linli_cases WITH (FORCE)'")
    given.reader.does(HEADING, RESTORE)

    for name in CONSUMERS:
        eventually(partial(stopped, given.release, name), f"{name} stops, and says why", seconds=90)
    shown = given.reader.does(HEADING, SHOW)
    print(shown)
    assert lost.case_id in shown
    assert kept.case_id not in shown
    assert [int(number) for number in re.findall(r"recorded (\d+) events", shown)] == [0, 1, 2]

    given.reader.does(HEADING, GO_ON)

    given.release.kubectl(
        "wait", "deployment", "-l", "linli/role=worker", "--for=condition=Available", "--timeout=3m"
    )
    again = operator.cases.open_case(report(assisted=True)).case
    heard(operator, again.case_id)


def heard(operator: City, case_id: str) -> None:
    """Wait until both consumers have taken what the case's report means to them."""
    trail = supervision.GetCaseTrailRequest(case_id=case_id)
    until_known(operator.supervision.get_case_trail, trail, seconds=90)
    need = volunteers.GetNeedRequest(need_id=f"case-{case_id}")
    until_known(operator.volunteers.get_need, need, seconds=90)


def stopped(release: Release, name: str) -> bool:
    """Whether a consumer's worker is not ready and logs why."""
    said = release.kubectl("logs", f"deploy/elm-linli-{name}-worker", "-c", "worker", "--since=10m")
    [deployment] = release.cluster.get("deployment", f"elm-linli-{name}-worker", "-n", release.namespace)
    return "source has another history" in said and not deployment["status"].get("readyReplicas")
