"""A town on `linli up`, and the folder in which somebody types what OPERATING.md says."""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from e2e.city.platform import Platform
from e2e.cluster.guide import GUIDE, blocks
from e2e.cluster.place import ROOT
from e2e.cluster.runbooks import PLAN, Run
from e2e.journeys.cities import platform_in
from e2e.journeys.town import town_on
from libs.testkit import patience

Ended = subprocess.CompletedProcess[str]

_AREA = '{"request_id": "area-1", "area_id": "pine", "level": "AREA_LEVEL_CITY", "name": {"zh": "松树"}}'


@dataclass(frozen=True, slots=True)
class Beside:
    """A town on `linli up`, and the folder in which commands are typed."""

    platform: Platform
    folder: Path
    _typed: Iterator[int] = field(default_factory=itertools.count)

    def does(self, command: str) -> Ended:
        """Run a command as its plan says; nobody is logged in before."""
        process = self.platform.process
        assert process is not None
        typed = meant(command).replace(":7480", f":{self.platform.http_port}")
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", typed.replace("<pid>", str(process.pid))],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "XDG_CONFIG_HOME": str(self.folder / f"config-{next(self._typed)}"),
                "PORT": str(self.platform.port),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience.seconds(120),
        )


@contextmanager
def beside_a_town() -> Iterator[Beside]:
    """It has what the guide's reader has there, and the files that the guide shows or names."""
    with tempfile.TemporaryDirectory(prefix="linli-commands-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL's user enters it
        with platform_in(folder) as platform:
            platform.start()
            (folder / ".linli").symlink_to(platform.data)
            (folder / ".venv").symlink_to(Path(sys.prefix))
            [shown] = blocks("Tell a calendar next year's holidays", "console")
            days = shown.partition("$ cat days.csv\n")[2].partition("$")[0]
            page = (ROOT / "services/command/community/README.md").read_text("utf-8")
            town = page.partition("\n## A small one\n```yaml\n")[2].partition("```")[0]
            town = re.sub("boundaries:\n.*\n", "", town)  # a file that the page lacks
            files = {"days.csv": days, "area.json": _AREA, "town.yaml": town}
            for name, content in files.items():
                (folder / name).write_text(content, "utf-8")
            with town_on(platform):
                yield Beside(platform, folder)


def meant(command: str) -> str:
    """What is typed: a script for its heading, and something for each placeholder."""
    plan = PLAN[command]
    assert isinstance(plan, Run)
    heading, slash, number = command.rpartition("/")
    is_script = slash and re.search(rf"^#+ {re.escape(heading)}$", GUIDE.read_text("utf-8"), re.MULTILINE)
    typed = blocks(heading, "bash")[int(number)] if is_script else command
    for placeholder, stands_for in plan.instead.items():
        typed = typed.replace(placeholder, stands_for)
    return typed


def judge(command: str, ended: Ended) -> None:
    """Compare what a command did with what its plan says."""
    plan, said = PLAN[command], ended.stdout + ended.stderr
    assert isinstance(plan, Run)
    assert ended.returncode in plan.ends, said
    assert plan.says in said, said
