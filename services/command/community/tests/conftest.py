"""A platform to apply files to."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.testkit import patience
from libs.testkit.commands import linli_command
from libs.testkit.postgres import KillablePostgres


@pytest.fixture(scope="module")
def platform() -> Iterator[Path]:
    """The data folder of a running `linli up`."""
    data = Path(tempfile.mkdtemp(prefix="linli-test-community-"))
    data.chmod(0o755)
    command = linli_command("up", "--data", str(data), "--port", "0", "--http-port", "0")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C stops it" in line:
                break
        yield data
    finally:
        process.kill()
        process.communicate(timeout=patience.seconds(10))
        KillablePostgres(data).kill()
        shutil.rmtree(data, ignore_errors=True)
