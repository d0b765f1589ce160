"""OPERATING.md as its reader follows it: the code blocks under a heading are run as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.cluster import GIVEN, Cluster
from e2e.cluster.place import ROOT

GUIDE = ROOT / "OPERATING.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMESPACE = re.compile(r"\btown\b")
"""As which the guide installs; the release's name there, `elm`, is that of the tests, too."""
_LONGEST = 900.0


def blocks(heading: str, language: str, guide: str | None = None) -> list[str]:
    """The code blocks between a heading and the next one of whatever level."""
    text = GUIDE.read_text("utf-8") if guide is None else guide
    sections = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    section = sections[sections.index(heading) + 1]
    return [content for kind, content in _BLOCK.findall(section) if kind == language]


class StepFailed(AssertionError):
    """A command of the guide ended with an error; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who does what the guide says, in a namespace of their own, from a folder with their files.

    `programs` is a folder of programs that come before those of the machine.
    """

    cluster: Cluster
    namespace: str
    folder: Path
    programs: Path

    def does(self, heading: str, number: int = 0, **settings: str) -> str:
        """Run a `bash` block under a heading; what it printed. `settings` are variables of the shell."""
        return self.runs(self.script(heading, number), **settings)

    def script(self, heading: str, number: int = 0) -> str:
        """A `bash` block under a heading."""
        return blocks(heading, "bash")[number]

    def runs(self, script: str, **settings: str) -> str:
        """Run a script as the guide has it."""
        ended = self.tries(script, **settings)
        if ended.returncode != 0:
            said = f"{ended.stdout}{ended.stderr}"
            raise StepFailed(f"{self.at_home(script)}\nended with {ended.returncode}: {said}")
        return ended.stdout

    def tries(self, script: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a script as the guide has it, to whatever end."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.at_home(script)],
            cwd=self.folder,
            env={**os.environ, **self._environ(), **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )

    def at_home(self, text: str) -> str:
        """The guide's text with this reader's namespace, and the chart of the checkout."""
        return _NAMESPACE.sub(self.namespace, text).replace("charts/linli", str(ROOT / "charts/linli"))

    def _environ(self) -> Mapping[str, str]:
        clusters = {str(Path(program).parent) for program in self.cluster.programs.values()}
        path = [str(self.programs), *clusters, str(Path(sys.executable).parent), os.environ["PATH"]]
        return {"PATH": ":".join(path), GIVEN: self.cluster.kubeconfig}
