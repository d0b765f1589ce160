"""Runs the baseline of the exchange (`nameko_events.py`) in its two processes, and takes the time."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from e2e.bench import nameko_events
from e2e.bench.processor import Usage, watched

_LONGEST = 300.0
_RESOLUTION = 0.01


@dataclass(slots=True)
class NamekoRun:
    """A broker's URL, a database with the table, and a file of events; the processes over them."""

    uri: str
    dsn: str
    file: Path
    events: int
    log: Path
    others: Mapping[str, Sequence[int]]

    @classmethod
    def prepare(
        cls, uri: str, dsn: str, folder: Path, events: Sequence[str], others: Mapping[str, Sequence[int]]
    ) -> "NamekoRun":
        """Make the table and the file; `events` are texts of JSON, `others` processes to watch."""
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS taken")
            connection.execute(nameko_events.TABLE)
        file = folder / "events.jsonl"
        file.write_text("".join(f"{event}\n" for event in events), "utf-8")
        return cls(uri, dsn, file, len(events), folder / "nameko.log", others)

    def together(self, dispatchers: int) -> tuple[float, Usage]:
        """Events a second from the first dispatch to the last row."""
        with self._process("handle", self.dsn) as handler, self._dispatcher(dispatchers) as dispatcher:
            known = self._rows()
            _ask(handler)
            watch = {"dispatcher": [dispatcher.pid], "handler": [handler.pid], **self.others}
            with watched(watch) as usage:
                began = _ask(dispatcher)["began"]
                ended = self._until(known + self.events)
        return self.events / (ended - began), usage

    def apart(self, dispatchers: int) -> tuple[float, float]:
        """Dispatched a second while nobody handles; then handled a second, from the start of the handler."""
        known = self._rows()
        with self._dispatcher(dispatchers) as dispatcher:
            took = _ask(dispatcher)
        with self._process("handle", self.dsn) as handler:
            began = _ask(handler)["began"]
            ended = self._until(known + self.events)
        return self.events / (took["ended"] - took["began"]), self.events / (ended - began)

    @contextmanager
    def _process(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        command = [sys.executable, "-m", "e2e.bench.nameko_events", arguments[0], self.uri, *arguments[1:]]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            _answer(process)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)

    @contextmanager
    def _dispatcher(self, threads: int) -> Iterator["subprocess.Popen[str]"]:
        with self._process("dispatch", str(self.file), str(threads)) as process:
            yield process

    def _until(self, rows: int) -> float:
        deadline = time.monotonic() + _LONGEST
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while time.monotonic() < deadline:
                if _rows(connection) >= rows:
                    return time.monotonic()
                time.sleep(_RESOLUTION)
        raise TimeoutError(f"nameko's handler did not insert {rows} rows: {self.log.read_text()[-2000:]}")

    def _rows(self) -> int:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return _rows(connection)


def _rows(connection: "psycopg.Connection[Any]") -> int:
    row = connection.execute("SELECT max(number) FROM taken").fetchone()
    return int(row[0] or 0) if row is not None else 0


def _ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Let it begin; its answer, which the dispatcher gives at the end."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return _answer(process)


def _answer(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "nameko's process ended early: see its log"
    answer: dict[str, Any] = json.loads(line)
    return answer
