"""`kill -9` at random moments of the replay: nothing acknowledged is lost, nothing happens twice."""

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Self

from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.platform import Platform
from e2e.journeys.conftest import Told, all_requests, platform_in, tell_city
from e2e.journeys.ledgers import Streams, all_services, different, gaps, ledger_of, settle, streams_of

ROWS = int(os.environ.get("LINLI_KILL_ROWS", "1000"))
KILLS = 20
SEED = 9


def test_killed_twenty_times_the_platform_ends_as_if_undisturbed(folder: Path) -> None:
    (folder / "calm").mkdir()
    (folder / "killed").mkdir()
    with platform_in(folder / "calm") as calm, platform_in(folder / "killed") as killed:
        calm.start()
        expected = _state(tell_city(calm, all_requests()[:ROWS]))
        calm.stop()

        killed.start()
        with _Killer(killed) as killer:
            told = tell_city(killed, all_requests()[:ROWS])
        found = _state(told)

    assert killer.kills == KILLS
    assert told.replayed.refused == []
    assert len(told.replayed.cases) == ROWS
    assert found.keys() == expected.keys()
    for service, (streams, board) in found.items():
        assert gaps(streams) == [], service
        assert different(streams, expected[service][0]) == [], service
        assert board == expected[service][1]


class _Killer(threading.Thread):
    """Kills the platform, every other time with its PostgreSQL, and starts it again."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(daemon=True)
        self._platform = platform
        self._chance = random.Random(SEED)
        self._failed: BaseException | None = None
        self.kills = 0

    def run(self) -> None:
        try:
            while self.kills < KILLS:
                time.sleep(self._chance.uniform(0.1, 2.0))
                if self.kills % 2:
                    _kill_postgres(self._platform.data)
                self._platform.kill()
                self.kills += 1
                self._platform.start()
        except BaseException as failed:  # noqa: BLE001  # raised in the test's own thread
            self._failed = failed

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last kill; a platform that did not come back is told before what followed from it."""
        self.join()
        if self._failed is not None:
            raise self._failed


def _kill_postgres(data: Path) -> None:
    for file in data.rglob("postmaster.pid"):
        os.kill(int(file.read_text("utf-8").split()[0]), signal.SIGKILL)


def _state(told: Told) -> dict[str, tuple[Streams, object]]:
    """What every ledger holds, and what supervision makes of it."""
    settle(told.platform.data)
    request = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_BODY, cases_at_least=told.replayed.revision
    )
    rows = told.city.supervision.get_scoreboard(request).rows
    board = sorted(row.SerializeToString(deterministic=True) for row in rows)
    state: dict[str, tuple[Streams, object]] = {}
    for service in all_services():
        with ledger_of(told.platform.data, service) as ledger:
            state[service.name] = (streams_of(ledger), board)
    return state
