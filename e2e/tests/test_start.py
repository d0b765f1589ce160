"""When the platform does not come up, `make run` says why, and nothing of what earlier starts logged."""

import socket
from pathlib import Path

import pytest

from e2e.city.platform import Platform, PlatformFailed
from libs.runtime.bundled.postgres import EmbeddedPostgres

pytestmark = pytest.mark.store


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_sentence_of_this_start_is_shown_and_no_older_line(tmp_path: Path) -> None:
    log = tmp_path / "linli.log"
    log.write_text("linli: something of last week\n")
    holder = EmbeddedPostgres(tmp_path / "data", durable=False)
    holder.start()
    try:
        platform = Platform(data=holder.data, port=free_port(), http_port=free_port(), log=log)
        with pytest.raises(PlatformFailed) as failed:
            platform.start()
    finally:
        holder.stop()

    assert "is in use by another Linli" in str(failed.value)
    assert "last week" not in str(failed.value)
    assert "{" not in str(failed.value)
