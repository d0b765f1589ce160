"""What is printed of a release of which a step failed: its namespace is gone before anybody can look."""

from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.cluster import Cluster, CommandFailed
from e2e.cluster.judged import tell
from e2e.cluster.release import Release


class Answering(Cluster):
    """One pod is ready, the other is not; neither was restarted."""

    def kubectl(self, *words: str, given: str | None = None) -> str:
        if "--previous" in words:
            raise CommandFailed("previous terminated container not found")
        return f"answer to {' '.join(words[2:])}"

    def get(self, *words: str) -> list[dict[str, Any]]:
        return [pod("well", ready=True), pod("ill", ready=False)]


def pod(name: str, *, ready: bool) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "status": {"phase": "Running", "containerStatuses": [{"ready": ready}]},
    }


def test_the_state_of_all_and_the_logs_of_what_is_not_ready_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(Release(Answering("/some/config", {}), "elms", "elm", Path("values.yaml"), "linli"))

    said = capsys.readouterr().out
    assert "answer to get events" in said
    assert "answer to describe pod ill" in said
    assert "answer to logs ill" in said
    assert "previous terminated container not found" in said
    assert "well" not in said
