"""A platform becomes what a file says: the difference first, once, whatever interrupts it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.client import Client
from libs.rpc.failures import RpcFailed
from libs.testkit.commands import linli_command
from services.command.community.applying import Applying
from services.command.community.checking import Checked, checked
from services.command.community.planning import planned
from services.command.community.standing import Standing
from services.command.community.steps import Action, Step
from services.command.community.tests.test_readme import CELL, shown
from services.command.connection import connection
from services.command.line import run

pytestmark = [pytest.mark.store, pytest.mark.journey]

Said = Callable[..., tuple[int, str]]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The community of the page."""
    (tmp_path / "cells.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [CELL]}))
    file = tmp_path / "town.yaml"
    file.write_text(shown("yaml"), "utf-8")
    return file


@pytest.fixture
def apply(platform: Path, town: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """`linli community apply` of the town's file; its exit status, and what it said."""

    def applied(*words: str) -> tuple[int, str]:
        status = run(["community", "apply", str(town), "--data", str(platform), *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return applied


@contextmanager
def client_of(platform: Path) -> Iterator[Client]:
    to = connection(data=platform, port=None, ca=None, cert=None, key=None)
    with to.anonymous() as anonymous, to.client(anonymous) as client:
        yield client


def steps_of(file: Path, platform: Path) -> list[Step]:
    found = checked(file)
    assert isinstance(found, Checked)
    with client_of(platform) as client:
        return planned(found, Standing(client))


def events_of(platform: Path) -> list[str]:
    """All events that identity and the catalog have published."""
    with client_of(platform) as client:
        stub: Any = client.service(feed.DESCRIPTOR.services_by_name["FeedService"])
        return [
            f"{service} {each.sequence} {each.type}"
            for service in ("identity", "catalog")
            for each in stub.read_events(feed.ReadEventsRequest(source=service, limit=1000)).batch.events
        ]


def test_nothing_is_changed_by_a_dry_run_or_where_nobody_can_be_asked(apply: Said, platform: Path) -> None:
    status, said = apply("--dry-run")
    unasked, why = apply()

    assert (status, unasked) == (0, 1)
    assert "create        areas: nanshan" in said
    assert "14 to create" in said
    assert "add --yes" in why
    assert apply("--dry-run")[1] == said


def test_a_run_that_was_interrupted_is_completed_by_running_it_again(
    apply: Said, town: Path, platform: Path
) -> None:
    steps = steps_of(town, platform)
    with client_of(platform) as client:
        Applying(Standing(client).stubs).do(steps[:6], lambda _number, _step: None)

    status, said = apply("--yes")

    assert status == 0
    assert "6 to leave alone" in said or "7 to leave alone" in said  # with the boundary of an area
    assert {step.action for step in steps_of(town, platform)} == {Action.LEAVE}


@pytest.mark.capability("004.8")
def test_a_second_run_does_nothing(apply: Said, platform: Path) -> None:
    before = events_of(platform)

    status, said = apply("--yes")

    assert status == 0
    assert "0 registered, 1 found, 0 roles granted" in said
    assert events_of(platform) == before
    assert len(before) > 10


@pytest.mark.capability("004.8")
@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("zh: 大件垃圾,", "zh: 大件废弃物,", ["change        affairs: bulky-items (other name)"]),
        (
            "zh: 湖滨社区,",
            "zh: 湖畔社区,",
            ["change        areas: ns-lake (it was called 湖滨社区 / Lakeside)"],
        ),
        ("anonymous: true", "anonymous: false", ["change        affairs: bulky-items (other anonymity)"]),
        ("zh: 现场未见", "zh: 未见", ["change        affairs: bulky-items (other outcomes)"]),
        (
            "resolution: 3 working days",
            "resolution: 4 working days",
            ["change        commitments: bulky-items"],
        ),
        (
            "body: sanitation, legal_basis: 南山办〔2026〕1号, helpers: [lake-committee]",
            "body: lake-committee, legal_basis: 南山办〔2026〕1号, helpers: [sanitation]",
            ["(lake-committee from 2026-01-01 in place of sanitation; other helpers from 2026-01-01; that "],
        ),
        ("keywords: [沙发, sofa]", "keywords: [沙发]", ["affairs: bulky-items (other keywords)"]),
        ("holidays: [2026-09-28]", "holidays: []", ["change        calendars: office"]),
        ("1号, helpers", "2号, helpers", ["change        responsibilities: environment in nanshan"]),
        ("free: true", "amount_minor: 500, currency: CNY", ["change        services: sofa-pickup"]),
        (
            "languages: [zh]",
            "languages: [zh]\n    status: suspended",
            ["end           services: sofa-pickup"],
        ),
        ("prefix: ns-lake-", "prefix: ns-lake-, valid_from: 2026-02-01", []),
        (
            "{id: environment, name",
            "{id: parking, name: {zh: 停车}}\n  - {id: environment, name",
            ["create        affairs: parking"],
        ),
    ],
)
def test_a_changed_file_changes_that_and_nothing_else(
    apply: Said, town: Path, platform: Path, was: str, becomes: str, told: list[str]
) -> None:
    text = town.read_text("utf-8")
    assert was in text
    apply("--yes")
    town.write_text(text.replace(was, becomes), "utf-8")
    before = events_of(platform)

    steps = [step for step in steps_of(town, platform) if step.action is not Action.LEAVE]
    status, said = apply("--yes")
    after = events_of(platform)
    again = steps_of(town, platform)

    assert status == 0
    assert len(steps) == len(told)
    assert all(line in said for line in told)
    assert len(after) - len(before) == len(told)
    assert {step.action for step in again} == {Action.LEAVE}
    # and back, though the same content was sent before
    for again_said in (text, text.replace(was, becomes), text):
        town.write_text(again_said, "utf-8")
        apply("--yes")
        assert {step.action for step in steps_of(town, platform)} == {Action.LEAVE}


def test_the_difference_is_told_in_chinese(apply: Said, town: Path) -> None:
    apply("--yes")
    text = town.read_text("utf-8")
    text = text.replace("body: sanitation, legal_basis", "body: lake-committee, legal_basis")
    text = text.replace("helpers: [lake-committee]", "helpers: []").replace("zh: 湖滨社区,", "zh: 湖畔社区,")
    town.write_text(text.replace("affairs:\n", "affairs:\n  - {id: din, name: {zh: 吵闹}}\n"), "utf-8")

    status, said = apply("--dry-run", "--language", "zh")

    assert status == 0
    assert "新建          事项: din" in said
    assert "更改          区域: ns-lake (原名 湖滨社区 / Lakeside)" in said
    assert (
        "(从 2026-01-01 起由 lake-committee 负责，不再由 sanitation 负责；从 2026-01-01 起更改协助机构；这是 "
        in said
    )
    assert "新建 1, 更改 2, 不变 " in said
    assert "人员：按编号查找 1 人" in said


def test_what_cannot_be_changed_is_named_with_the_reason(apply: Said, town: Path) -> None:
    apply("--yes")
    text = town.read_text("utf-8")
    town.write_text(text.replace("kind: government_department", "kind: residents_group"), "utf-8")

    status, said = apply("--yes")

    assert status == 1
    assert "cannot change bodies: sanitation (kind is government_department" in said


def test_logins_are_created_once_with_passwords_for_their_owner_alone(
    apply: Said, platform: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"

    _, said = apply("--yes", "--passwords", str(first))
    _, again = apply("--yes", "--passwords", str(second))

    login, password = first.read_text("utf-8").strip().split("\t")
    assert login == "wang.fang"
    assert len(password) >= 20
    assert first.stat().st_mode & 0o777 == 0o600
    assert "1 logins created" in said
    assert password not in said
    assert "0 logins created" in again
    assert not second.exists()


@pytest.mark.by_exec
def test_a_process_that_is_killed_in_the_middle_is_completed_by_another(
    platform: Path, tmp_path: Path
) -> None:
    cells = "\n".join(
        f"  - {{id: k-{n}, parent: k, level: grid_cell, name: {{en: C{n}}}}}" for n in range(150)
    )
    file = tmp_path / "many.yaml"
    file.write_text(
        f"linli: 1\ntime_zone: UTC\nareas:\n  - {{id: k, level: street, name: {{en: K}}}}\n{cells}\n", "utf-8"
    )
    command = linli_command("community", "apply", str(file), "--yes", "--data", str(platform))

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "50 of 151" in line:
                os.kill(process.pid, signal.SIGKILL)
    left = [step for step in steps_of(file, platform) if step.action is Action.CREATE]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 < len(left) <= 101
    assert ended.returncode == 0, ended.stderr
    assert {step.action for step in steps_of(file, platform)} == {Action.LEAVE}


def test_an_area_that_has_ended_is_not_defined_again(
    platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cells.yaml"
    file.write_text(
        "linli: 1\ntime_zone: UTC\nareas:\n  - {id: m, level: street, name: {en: M}}\n"
        "  - {id: m-1, parent: m, level: grid_cell, name: {en: Gone}}\n",
        "utf-8",
    )
    words = ["community", "apply", str(file), "--yes", "--data", str(platform)]
    assert run(words) == 0
    with client_of(platform) as client:
        stub: Any = client.service(identity.DESCRIPTOR.services_by_name["IdentityService"])
        ended = stub.end_area(
            identity.EndAreaRequest(request_id="end-m-1", area_id="m-1", reason="the street was rebuilt")
        )
        stub.list_areas(identity.ListAreasRequest(at_least=ended.revision))
    capsys.readouterr()

    status = run(words)

    assert status == 1
    assert "cannot change areas: m-1 (it has ended: define another)" in capsys.readouterr().out


def test_what_somebody_else_has_changed_meanwhile_is_not_written_over(
    apply: Said, town: Path, platform: Path
) -> None:
    apply("--yes")
    text = town.read_text("utf-8")
    town.write_text(text.replace("zh: 大件垃圾,", "zh: 大件废弃物,"), "utf-8")
    planned_before = steps_of(town, platform)
    with client_of(platform) as client:
        standing = Standing(client)
        other = catalog.RenameAffairRequest(request_id="by-hand", affair_id="bulky-items")
        other.name.zh = "旧家具"
        renamed = standing.stubs["catalog"].rename_affair(other)
        standing.stubs["catalog"].list_affairs(catalog.ListAffairsRequest(at_least=renamed.revision))

        with pytest.raises(RpcFailed) as failed:
            Applying(standing.stubs).do(planned_before, lambda _number, _step: None)

        kept = Standing(client).affairs["bulky-items"].name.zh
    town.write_text(text, "utf-8")
    apply("--yes")
    assert failed.value.reason == "REVISION_MISMATCH"
    assert kept == "旧家具"


def test_two_changes_of_one_thing_follow_each_other(apply: Said, town: Path, platform: Path) -> None:
    apply("--yes")
    text = town.read_text("utf-8")
    both = text.replace("zh: 大件垃圾,", "zh: 大件废弃物,").replace("anonymous: true", "anonymous: false")
    both = both.replace("free: true", "amount_minor: 500, currency: CNY")
    both = both.replace("languages: [zh]", "languages: [zh]\n    status: suspended")
    town.write_text(both, "utf-8")

    status, _ = apply("--yes")

    assert status == 0
    assert {step.action for step in steps_of(town, platform)} == {Action.LEAVE}
    town.write_text(text, "utf-8")
    assert apply("--yes")[0] == 0
