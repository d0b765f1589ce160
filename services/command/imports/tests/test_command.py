"""What `linli import requests` says when it stops."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from libs.runtime.config.guards import CannotStart
from services.command.imports import command
from services.command.imports.tests.platforms import failed


def test_an_import_that_is_not_answered_in_time_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any, **__: Any) -> int:
        raise failed(grpc.StatusCode.DEADLINE_EXCEEDED)

    client = SimpleNamespace(service=lambda _descriptor: None)
    to = SimpleNamespace(
        anonymous=lambda: nullcontext(client),
        client=lambda *_, **__: nullcontext(client),
        unreached=lambda _failed: "it did not answer in time",
    )
    monkeypatch.setattr(command, "connection", lambda **_: to)
    monkeypatch.setattr(command, "survey", lambda _services: None)
    monkeypatch.setattr(command, "_check", lambda *_, **__: (None, command.ALL))
    monkeypatch.setattr(command, "_load", late)
    file = tmp_path / "requests.csv"
    file.touch()

    with pytest.raises(CannotStart, match=r"in time\nNothing is lost: .* the same command goes on"):
        command.import_requests.callback(file=file, by="boston", dry_run=False, finish=False)  # type: ignore[misc]  # click's type has None
