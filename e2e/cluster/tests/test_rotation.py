"""Every secret is rotated by the commands of OPERATING.md while people work; no call fails."""

import ssl

import pytest

from e2e.cluster.callers import Callers
from e2e.cluster.given import Given
from libs.testkit.eventually import eventually
from services.command.registry import NAMES

HEADING = "Rotate secrets"
RESTART, CERTIFICATES, PASSWORDS, RELAY = 0, 1, 2, 3
SIGNING, MASTER = (4, 5, 6), (7, 8, 9)
"""The guide's code blocks, in the order in which they stand there."""
PEOPLE = 4
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(2400)]


def test_every_secret_is_rotated_while_people_work_and_no_call_fails(given: Given, callers: Callers) -> None:
    before, as_they_ran = secrets(given), pods(given)

    with callers.at_work(PEOPLE, pause=0.5) as load:
        given.certify(given.successor, trusted=given.roots)
        given.reader.does(HEADING, CERTIFICATES)
        eventually(lambda: served_anew(given, callers), "every service serves the new one", seconds=150)
        assert pods(given) == as_they_ran
        for stage, others in enumerate(((PASSWORDS, RELAY), (), ())):
            for block in (*others, SIGNING[stage], MASTER[stage]):
                said = given.reader.does(HEADING, block)
            given.reader.does(HEADING, RESTART)

    assert load.failed == []
    assert len(load.told) > PEOPLE
    print(f"{len(load.told)} commands acknowledged")
    assert [line for line in wrapped(said)[-len(NAMES) :] if "nothing to do" not in line] == []
    assert unchanged(before, secrets(given)) == {"elm-linli-first-operator"}
    assert [wrong for name in NAMES for wrong in broken(given, name)] == []


def wrapped(said: str) -> list[str]:
    """What each service says at the end of `rotate-master-key`."""
    return [line for line in said.splitlines() if "all keys are wrapped" in line]


def secrets(given: Given) -> dict[str, dict[str, str]]:
    """What the release's Secrets hold."""
    found = given.release.cluster.get("secrets", "-n", given.release.namespace)
    return {
        each["metadata"]["name"]: each["data"]
        for each in found
        if each["metadata"]["name"].startswith("elm-linli-")
    }


def unchanged(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, held in before.items() if after[name] == held}


def served_anew(given: Given, callers: Callers) -> bool:
    """Whether every service serves the certificate in the operator's folder."""
    new = (given.reader.folder / "tls.crt").read_text("ascii").strip()
    ports = [int(address.rpartition(":")[2]) for address in callers.addresses.values()]
    return all(ssl.get_server_certificate(("localhost", port)).strip() == new for port in ports)


def pods(given: Given) -> dict[str, int]:
    """Which pods run, and how often each was restarted."""
    return {
        pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"]
        for pod in given.release.pods()
        if pod["status"]["phase"] == "Running"
    }


def broken(given: Given, service: str) -> list[str]:
    """What the doctor finds broken, looking from the service's server."""
    words = ("exec", f"deploy/elm-linli-{service}-server", "-c", "server", "--", "sh", "-c")
    said = given.release.kubectl(*words, f"linli doctor {service} || true")
    return [line for line in said.splitlines() if "BROKEN" in line]
