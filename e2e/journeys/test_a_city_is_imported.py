"""A made-up city's own export goes through `linli import`: killed in the middle, and brought up to date."""

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from e2e.journeys.town import POTHOLE, ROADS, Town
from libs.rpc.pages import rows_of_pages
from libs.testkit import patience

HEADING = (
    "工单编号",
    "诉求类型",
    "状态",
    "受理时间",
    "处理时间",
    "办结时间",
    "来源",
    "所在社区",
    "地址",
    "承办单位",
)
MAP = """\
system: hotline
name: 松林市
zone: Asia/Shanghai
columns:
  id: 工单编号
  affair: 诉求类型
  state: 状态
  opened: 受理时间
  responded: 处理时间
  closed: 办结时间
  owner: 承办单位
  channel: 来源
  area: 所在社区
  address: 地址
dates: {formats: ["%Y年%m月%d日 %p%I:%M"]}
states: {values: {待办: open, 办理中: started, 已办结: closed, 已撤销: withdrawn, 不予受理: rejected}}
affairs: {values: {爆管: burst-pipe}}
owners: {by: column}
channels: {values: {电话: phone_operator, 微信: mobile_app}}
place: {without: 松林市}
report: {areas: By district}
"""
ROWS = 600
FIRST = datetime(2021, 3, 1, 8, 0)  # noqa: DTZ001 -- on the city's clock, as in the file


def written(moment: datetime) -> str:
    half = "上午" if moment.hour < 12 else "下午"
    return f"{moment:%Y年%m月%d日} {half}{moment:%I:%M}"


def row(number: int, state: str, *, days: int = 3, affair: str = "爆管") -> tuple[str, ...]:
    opened = FIRST + timedelta(minutes=7 * number)
    ended = written(opened + timedelta(days=days)) if state in {"已办结", "已撤销", "不予受理"} else ""
    started = written(opened + timedelta(hours=5)) if state in {"办理中", "已办结"} else ""
    body = "市政道路处" if number % 10 == 0 else "自来水公司"
    return (
        f"SL-{number:05}", affair, state, written(opened), started, ended, ("电话", "微信")[number % 2],
        ("东区", "榆树社区", "")[number % 3], f"松林路{number}号", body,
    )  # fmt: skip


def state_of(number: int) -> str:
    return {0: "待办", 1: "办理中", 2: "已撤销", 3: "不予受理"}.get(number % 20, "已办结")


def export(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([HEADING, *rows])
    path.write_bytes(text.getvalue().encode("gb18030"))
    return path


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the clerk sits: a folder with the map, and a platform."""

    folder: Path
    town: Town

    def words(self, file: Path, *options: str) -> list[str]:
        """The command that imports a file."""
        by = self.folder / "map.yaml"
        words = ["import", "requests", str(file), "--map", str(by), "--data", str(self.town.platform.data)]
        return [sys.executable, "-m", "services.command", *words, *options]

    def run(self, file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        """Import it, to the end."""
        return subprocess.run(
            self.words(file, *options), capture_output=True, text=True, timeout=patience.seconds(240)
        )

    def cases(self) -> dict[str, pb.Case]:
        """What the platform has, by the file's numbers."""
        asking = pb.ListCasesRequest(page_size=200, filter='external_system = "hotline"')
        found = rows_of_pages(self.town.operator.cases.list_cases, asking, "cases")
        return {case.external_reference.number: case for case in found}


@pytest.fixture(scope="module")
def desk(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("imports")
    (folder / "map.yaml").write_text(MAP, "utf-8")
    return Desk(folder, town)


@pytest.fixture(scope="module")
def first(desk: Desk) -> "subprocess.CompletedProcess[str]":
    """The first file: looked at, begun and killed, then told to its end."""
    file = export(desk.folder / "march.csv", [row(number, state_of(number)) for number in range(1, ROWS + 1)])
    looked = desk.run(file, "--dry-run")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert f"{ROWS} rows: {ROWS} can be loaded" in looked.stdout
    assert not desk.cases()
    with subprocess.Popen(desk.words(file), stdout=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        for line in begun.stdout:
            if f" of {ROWS}  " in line:
                break
        begun.kill()
    assert 0 < len(desk.cases()) < ROWS
    return desk.run(file)


@pytest.mark.capability("004.13")
def test_a_killed_import_goes_on_and_each_row_is_one_case(
    desk: Desk, first: "subprocess.CompletedProcess[str]"
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr

    found = desk.cases()

    states = {
        "待办": "ROUTED",
        "办理中": "IN_PROGRESS",
        "已撤销": "WITHDRAWN",
        "不予受理": "REJECTED",
        "已办结": "CLOSED",
    }
    assert len(found) == ROWS
    for number in range(1, ROWS + 1):
        case = found[f"SL-{number:05}"]
        assert types.CaseState.Name(case.state) == f"CASE_STATE_{states[state_of(number)]}"
        assert (case.body_id == ROADS) is (number % 10 == 0)
    assert "松林市: 600 service requests of 1 to 4 March 2021" in first.stdout
    assert "By district" in first.stdout
    assert " 0 not told to the end" in " ".join(first.stdout.split())


@pytest.mark.usefixtures("first")
def test_the_same_file_again_sends_nothing(desk: Desk) -> None:
    again = desk.run(desk.folder / "march.csv")

    assert again.returncode == 0
    assert f"0 cases opened, 0 brought up to date, {ROWS} unchanged" in " ".join(again.stdout.split())
    assert "This run told" not in again.stdout


@pytest.mark.capability("004.13")
@pytest.mark.usefixtures("first")
def test_a_later_file_brings_what_is_new_and_lists_a_changed_past(desk: Desk) -> None:
    opened_then, started_then, closed_then, new = 20, 21, 25, ROWS + 1
    rows = [row(opened_then, "已办结", days=9), row(started_then, "已撤销", days=9), row(26, "已办结")]
    rows += [row(closed_then, "已办结", days=2), row(40, "待办", affair="路面坑洞"), row(new, "待办")]

    later = desk.run(export(desk.folder / "april.csv", rows))

    said = " ".join(later.stdout.split())
    assert later.returncode == 3
    assert "1 cases opened, 2 brought up to date, 1 unchanged, 2 with a past that differs" in said
    assert "(SL-00025): closed 2021-03-04" in said
    assert f"(SL-00040): affair burst-pipe, now {POTHOLE}" in said
    found = desk.cases()
    assert found[f"SL-{opened_then:05}"].state == types.CASE_STATE_CLOSED
    assert found[f"SL-{started_then:05}"].state == types.CASE_STATE_WITHDRAWN
    assert found["SL-00040"].affair_id != POTHOLE
    assert len(found) == ROWS + 1


def test_a_file_of_a_time_before_the_town_loads_nothing(desk: Desk) -> None:
    rows = [
        tuple(value.replace("2021年", "2016年") for value in row(number, "已办结"))
        for number in range(700, 720)
    ]

    refused = desk.run(export(desk.folder / "old.csv", rows))

    assert refused.returncode == 1
    assert "opened before anything that is loaded was in force: refused" in " ".join(refused.stdout.split())
    assert "Nothing was loaded: no row is left that can be loaded." in refused.stderr


@pytest.mark.usefixtures("first")
def test_a_finished_history_is_handed_over(desk: Desk) -> None:
    done = desk.run(desk.folder / "march.csv", "--finish")

    assert "cases were handed over to the running clocks" in " ".join(done.stdout.split())
    assert "0 cases were handed over" not in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("cannot be read: there is no such file", ["gone.csv", "--map", "map.yaml"]),
        ("map.yaml:1:9: system", ["old.csv", "--map", "bad/map.yaml"]),
        ("there is no area 'Atlantis' on the platform", ["old.csv", "--map", "sunk.yaml"]),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(desk: Desk, said: str, options: Sequence[str]) -> None:
    (desk.folder / "bad").mkdir(exist_ok=True)
    (desk.folder / "bad/map.yaml").write_text(MAP.replace("system: hotline", "system: Hot Line"), "utf-8")
    (desk.folder / "sunk.yaml").write_text(MAP.replace("without: 松林市", "without: Atlantis"), "utf-8")
    export(desk.folder / "old.csv", [row(1, "待办")])
    words = [sys.executable, "-m", "services.command", "import", "requests", *options]

    done = subprocess.run(
        [*words, "--data", str(desk.town.platform.data)],
        cwd=desk.folder,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=patience.seconds(60),
    )

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
