"""The partners' manual as a test follows it: its commands for `linli call`, and its programs."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from e2e.journeys.town import Town
from libs.testkit import patience
from libs.testkit.commands import linli
from libs.testkit.eventually import eventually

PROTO = Path(__file__).parents[2] / "proto"
MANUAL = (PROTO / "README.md").read_text("utf-8")


def registered(town: Town) -> dict[str, tuple[str, str]]:
    """Run the manual's `linli call` lines; the id and secret of each client that they register, by name."""
    clients = {}
    for line in re.findall(r"^\$ \.venv/bin/linli call (.*)$", MANUAL, re.MULTILINE):
        answer = _called(town, *shlex.split(line))
        if "client_secret" in answer:
            clients[answer["client"]["name"]] = (answer["client"]["client_id"], answer["client_secret"])
    return clients


def _called(town: Town, *words: str) -> Any:
    """What `linli call` answers; a new area arrives in the catalog after a moment."""

    def done() -> str:
        ran = linli("call", "--data", str(town.platform.data), *words)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return json.loads(eventually(done, seconds=30))


def programs(language: str) -> list[str]:
    """The manual's programs in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)


def run(words: list[str], cwd: Path | None = None, **environ: str) -> str:
    """What a program prints that ends well."""
    ran = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=patience.seconds(60),
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
