"""The doctor's job is told what the processes are told, reaches what they reach, and signs nothing."""

import re
from pathlib import Path

import pytest

from charts.tests.rendered import Document, containers, documents, files, of_kind, pods, role_of, service_of
from charts.tests.test_network import allowed
from libs.runtime.config.settings import Settings, read
from services.command.doctor import settings_of
from services.command.registry import NAMES


def doctor(name: str, *words: str) -> Document:
    [pod] = [pod for _, pod in pods(documents(name, *words)) if role_of(pod) == "doctor"]
    return pod


def told(name: str, service: str, folder: Path) -> dict[str, str]:
    """The settings of a service that the doctor reads."""
    text = of_kind(documents(name), "ConfigMap")[doctor(name)["spec"]["volumes"][1]["configMap"]["name"]]
    file = folder / f"{service}.env"
    file.write_text(text["data"][file.name], "utf-8")
    return dict(settings_of(file))


@pytest.mark.parametrize("name", ["evaluation", "external", "external-full", "mesh"])
def test_the_doctor_is_told_what_the_servers_are_told(name: str, tmp_path: Path) -> None:
    mounted = {f"/etc/linli/{path}" for path in mounts(doctor(name))}
    for _, pod in pods(documents(name)):
        if role_of(pod) != "server":
            continue
        service = service_of(pod)
        theirs = {each["name"]: each["value"] for each in containers(pod)[-1]["env"] if "value" in each}
        theirs = {
            key: value
            for key, value in theirs.items()
            if key.startswith("LINLI_")
            and not key.startswith(("LINLI_IDENTITY_SIGNING", "LINLI_IDENTITY_SOURCE_KEYS"))
        }
        ours = told(name, service, tmp_path)
        assert ours == {
            key: value.replace("/etc/linli/", f"/etc/linli/{service}/") for key, value in theirs.items()
        }
        assert {path for value in ours.values() for path in re.findall("/etc/linli/[^&]+", value)} <= mounted


def mounts(pod: Document) -> set[str]:
    """Where each file of a Secret lies, below /etc/linli."""
    found = set()
    for volume in pod["spec"]["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            found |= {f"{volume['name']}/{item['path']}" for item in source["secret"]["items"]}
    return found


@pytest.mark.parametrize("name", ["evaluation", "external", "external-full", "mesh", "apart"])
def test_the_settings_of_all_services_can_be_read(name: str, tmp_path: Path) -> None:
    for service in NAMES:
        plain = {
            key: value for key, value in told(name, service, tmp_path).items() if not key.endswith("_FILE")
        }

        settings = read(Settings, {**plain, "LINLI_MASTER_KEY": "x"})

        assert settings.database_url.reveal()
        assert settings.broker_url.reveal()


def test_the_doctor_cannot_sign_tokens() -> None:
    for name in ("evaluation", "external"):
        assert not [path for _, _, _, path in files(doctor(name)) if "signing" in path]


def test_nobody_starts_it_but_an_operator_or_a_schedule() -> None:
    [by_hand] = of_kind(documents("external"), "CronJob").values()
    [daily] = of_kind(documents("external", "--set", "doctor.schedule=0 6 * * *"), "CronJob").values()

    assert by_hand["spec"]["suspend"] is True
    assert (daily["spec"]["suspend"], daily["spec"]["schedule"]) == (False, "0 6 * * *")
    assert by_hand["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_it_asks_all_processes_by_the_name_under_which_they_are_scraped() -> None:
    found = documents("external")
    [asked] = [word for word in containers(doctor("external"))[0]["args"] if "every-process" in word]
    service = of_kind(found, "Service")["elm-linli-metrics"]["spec"]

    assert asked == "--every-process=https://elm-linli-metrics.town.svc:7480"
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True


@pytest.mark.parametrize("name", ["evaluation", "apart"])
def test_the_policies_let_it_look_at_everything_and_nobody_look_at_it(name: str) -> None:
    calls = allowed(name)
    running = {f"{service_of(pod)}/{role_of(pod)}" for _, pod in pods(documents(name)) if service_of(pod)}
    running = {each for each in running if each.partition("/")[2] not in {"migrate", "first-operator"}}

    assert {call[1] for call in calls if call[0] == "/doctor" and call[2] == 7480} == running
    assert {call[2] for call in calls if call[0] == "/doctor"} >= {5432, 7480, 53}
    assert not [call for call in calls if call[1] == "/doctor"]


def test_it_may_be_left_out() -> None:
    assert not of_kind(documents("external", "--set", "doctor.enabled=false"), "CronJob")
