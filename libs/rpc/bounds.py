"""Bounds of moments and durations: those of every request, and how far two moments may lie apart."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc.errors import Violation

Check = Callable[[Message, str, list[Violation]], None]
_EARLIEST, _LATEST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1900, 2200))
_LONGEST = 100 * 31_557_600  # seconds of 100 years
_MOMENT_WANTED = "must be a moment from 1900-01-01 to 2200-01-01 UTC; leave it out for none"


def gap_check(name: str, rules: rules_pb2.Rules) -> Check:
    """How long after another moment of the message this one may be."""
    earlier, most = rules.follows, rules.most_seconds_after
    wanted = f"must be at most {most / 3600:g} hours after {earlier}"

    def check(message: Any, path: str, found: list[Violation]) -> None:
        first, then = getattr(message, earlier), getattr(message, name)
        if message.HasField(earlier) and (then.seconds - first.seconds, then.nanos - first.nanos) > (most, 0):
            found.append(Violation(path + name, wanted))

    return check


def _timestamp(message: Message, path: str, found: list[Violation]) -> None:
    assert isinstance(message, timestamp_pb2.Timestamp)  # noqa: S101 # for mypy
    seconds, nanos = message.seconds, message.nanos
    within = seconds >= _EARLIEST and (seconds, nanos) <= (_LATEST, 0)
    if not (within and 0 <= nanos <= 999_999_999):
        found.append(Violation(path[:-1], _MOMENT_WANTED))


def _duration(message: Message, path: str, found: list[Violation]) -> None:
    assert isinstance(message, duration_pb2.Duration)  # noqa: S101 # for mypy
    seconds, nanos = message.seconds, message.nanos
    one_sign = not (seconds > 0 > nanos or seconds < 0 < nanos)
    within = abs(seconds) < _LONGEST or (abs(seconds) == _LONGEST and nanos == 0)
    if not (within and abs(nanos) <= 999_999_999 and one_sign):
        found.append(Violation(path[:-1], "must be a duration of at most 100 years"))


WELL_KNOWN: dict[str, Check] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
}
"""The checks of messages that come with protobuf, by full name."""
