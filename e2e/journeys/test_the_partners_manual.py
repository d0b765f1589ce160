"""What the partners' manual tells a newcomer to type works as it stands there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from e2e.journeys.town import Town
from libs.testkit import patience
from libs.testkit.commands import linli
from libs.testkit.eventually import eventually

PROTO = Path(__file__).parents[2] / "proto"
MANUAL = (PROTO / "README.md").read_text("utf-8")


def test_a_partner_gets_from_nothing_to_an_opened_case(town: Town, tmp_path: Path) -> None:
    client_id, client_secret = _registered_as_the_manual_says(town)
    program = tmp_path / "report.py"
    program.write_text(_block("python"), "utf-8")

    ran = _run(
        [sys.executable, str(program)],
        PYTHONPATH=str(_stubs(tmp_path)),
        LINLI_ADDRESS=str(town.platform.where),
        LINLI_CLIENT_ID=client_id,
        LINLI_CLIENT_SECRET=client_secret,
    )

    opened = re.fullmatch(r"opened (\S+) for lin-office at revision \S+", ran.splitlines()[0])
    assert opened is not None, ran
    assert ran.count(" due ") == 4
    assert f"['{opened.group(1)}']" in ran
    assert re.search(rf"^\d+ \S+ {opened.group(1)}$", ran, re.MULTILINE), ran


def _registered_as_the_manual_says(town: Town) -> tuple[str, str]:
    """Run the manual's `linli call` lines; (id, secret) of the client that the last one registers."""
    lines = re.findall(r"^\$ \.venv/bin/linli call (.*)$", MANUAL, re.MULTILINE)
    answer = ""
    for line in lines:
        words = ["call", "--data", str(town.platform.data), *shlex.split(line)]

        def done(words: list[str] = words) -> str:
            ran = linli(*words)
            assert ran.returncode == 0, ran.stderr  # a new area arrives in the catalog after a moment
            return ran.stdout

        answer = eventually(done, seconds=30)
    registered = json.loads(answer)
    return registered["client"]["client_id"], registered["client_secret"]


def _stubs(folder: Path) -> Path:
    """The stubs that the manual has a partner generate."""
    stubs = folder / "stubs"
    stubs.mkdir()
    protos = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    out = [f"--python_out={stubs}", f"--grpc_python_out={stubs}"]
    _run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *out, *protos])
    return stubs


def _block(language: str) -> str:
    """The manual's program in a language."""
    [program] = re.findall(rf"^```{language}\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    return str(program)


def _run(words: list[str], **environ: str) -> str:
    ran = subprocess.run(
        words, env={**os.environ, **environ}, capture_output=True, text=True, timeout=patience.seconds(60)
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
