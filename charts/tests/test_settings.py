"""What a process is told: what it needs, as the settings that the code reads, and as whom."""

from pathlib import Path

import pytest

from charts.tests.rendered import (
    RUNNING,
    Document,
    containers,
    documents,
    files,
    of_kind,
    pods,
    role_of,
    service_of,
)
from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import Settings, describe, read
from libs.runtime.host.exposed import exposed
from libs.testkit.certificates import Authority
from services.command.registry import NAMES, load


def environ(pod: Document, folder: Path) -> dict[str, str]:
    """What the last container of a pod is told, its files laid out in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "master-key": MasterKey.generate().text(),
        "signing-key.pem": SigningKey.generate().pem().decode(),
        "relay-key.pem": SigningKey.generate().pem().decode(),
        "sms-secret": "whsec_" + "aaaa" * 8 + "\n",
        "ca.crt": Authority(folder).file.read_text(),
    }
    for path in filter(None, (path for _, _, _, path in files(pod))):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written.get(file.name, "hunter2"))
    told = {each["name"]: each.get("value", "") for each in pod["spec"]["containers"][0].get("env", [])}
    return {name: value.replace("/etc/linli", str(folder)) for name, value in told.items()}


@pytest.mark.parametrize("name", ["external", "external-full", "apart", "evaluation", "mesh", "cert-manager"])
def test_every_process_is_told_what_it_needs_and_every_file_is_mounted(name: str, tmp_path: Path) -> None:
    for title, pod in pods(documents(name)):
        if role_of(pod) not in (*RUNNING, "migrate", "contract", "first-operator"):
            continue
        told = environ(pod, tmp_path / title)
        settings = read(Settings, told)
        if role_of(pod) not in {"migrate", "contract"}:
            service = load(service_of(pod))
            read(service.settings, told, f"LINLI_{service.name.upper()}_")
        unsafe = list(exposed(settings, serves=role_of(pod) in {"server", "api"}))
        assert not (settings.require_tls and unsafe), (title, unsafe)
        for variable, value in told.items():
            if value.startswith(str(tmp_path)):
                assert Path(value).exists(), (title, variable)


@pytest.mark.parametrize("name", ["external", "apart", "cert-manager", "external-full"])
def test_an_installation_with_servers_of_its_own_insists_on_tls(name: str) -> None:
    for title, pod in pods(documents(name)):
        told = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0].get("env", [])}
        assert told.get("LINLI_REQUIRE_TLS", "true") == "true", title


def test_every_variable_is_a_setting_that_something_reads() -> None:
    known = {name for name, _, _ in describe(Settings)}
    for service in NAMES:
        known |= {name for name, _, _ in describe(load(service).settings, f"LINLI_{service.upper()}_")}
    for _, pod in pods(documents("external-full")):
        for container in containers(pod):
            for variable in container.get("env", []):
                name = variable["name"].removesuffix("_FILE")
                assert name in known or not name.startswith("LINLI_"), name


def test_a_migration_runs_as_the_owner_and_the_service_as_its_role() -> None:
    jobs = [
        pod
        for _, pod in pods(documents("external"))
        if role_of(pod) == "migrate" and service_of(pod) == "cases"
    ]
    [told] = [{each["name"]: each.get("value") for each in containers(job)[0]["env"]} for job in jobs]

    assert told["LINLI_DATABASE_URL"].startswith(
        "postgresql://linli_cases_owner@db.example.org:5432/linli_cases?"
    )
    assert told["LINLI_RUNTIME_ROLE"] == "linli_cases"
    assert {key for _, _, key, path in files(jobs[0]) if path == "secrets/database-password"} == {
        "owner-password"
    }


def test_a_setting_of_a_service_wins_over_one_of_its_role_and_that_over_the_common_one() -> None:
    words = (
        *("--set", "settings.LINLI_THREADS=1,settings.LINLI_POOL_SIZE=4,settings.LINLI_LOG_LEVEL=debug"),
        *("--set", "roles.server.settings.LINLI_THREADS=2,roles.server.settings.LINLI_POOL_SIZE=5"),
        *("--set", "services.cases.settings.LINLI_THREADS=3"),
    )
    pod = of_kind(documents("external", *words), "Deployment")["elm-linli-cases-server"]["spec"]["template"]
    told = {each["name"]: each.get("value") for each in containers(pod)[-1]["env"]}

    assert (told["LINLI_THREADS"], told["LINLI_POOL_SIZE"], told["LINLI_LOG_LEVEL"]) == ("3", "5", "debug")


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ("keyStore.hosts[0]=keys,keyStore.authority.existingSecret=theirs", "key-store"),
        ("keyStore.hosts[0]=keys,postgresql.authority.existingSecret=ours", "postgresql"),
        ("postgresql.authority.existingSecret=ours", "postgresql"),
    ],
)
def test_a_key_store_of_its_own_may_have_an_authority_of_its_own(words: str, file: str) -> None:
    for title, pod in pods(documents("external", "--set", words)):
        told = {each["name"]: each.get("value", "") for each in containers(pod)[-1].get("env", [])}
        if "LINLI_KEY_STORE" in told:
            assert told["LINLI_KEY_STORE"].endswith(f"sslrootcert=/etc/linli/{file}/ca.crt"), title
            assert f"{file}/ca.crt" in {path for _, _, _, path in files(pod)}, title
            assert ("/key-store/" in told["LINLI_DATABASE_URL"]) is False, title


@pytest.mark.parametrize(
    ("mode", "ends"),
    [
        ("require", "?sslmode=require"),
        ("verify-ca", "?sslmode=verify-ca&sslrootcert=/etc/linli/postgresql/ca.crt"),
        ("disable", "?sslmode=disable"),
    ],
)
def test_only_a_mode_that_verifies_gets_an_authority(mode: str, ends: str) -> None:
    """With one at hand, libpq takes `require` for `verify-ca`."""
    words = ("--set", f"postgresql.sslmode={mode},postgresql.authority.existingSecret=authority")
    for title, pod in pods(documents("external", *words)):
        for variable in containers(pod)[-1].get("env", []):
            if variable["name"] in {"LINLI_DATABASE_URL", "LINLI_KEY_STORE"}:
                assert variable["value"].endswith(ends), title
            if variable["name"] == "LINLI_REQUIRE_TLS":
                assert variable["value"] == ("true" if mode == "verify-ca" else "false"), title
