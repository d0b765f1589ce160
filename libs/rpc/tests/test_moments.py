"""Moments on the wire and in Python."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from libs.rpc.moments import moment, moment_of, stamp, stamp_or_none
from libs.rpc.tests.greeter import message

NOON = datetime(2026, 5, 4, 12, 30, 15, 250_001, tzinfo=UTC)
IN_SHANGHAI = NOON.astimezone(timezone(timedelta(hours=8)))
BEFORE_THE_EPOCH = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("at", [NOON, IN_SHANGHAI, BEFORE_THE_EPOCH, datetime(1, 1, 1, tzinfo=UTC)])
def test_a_moment_travels_and_comes_back(at: datetime) -> None:
    by_protobuf = Timestamp()
    by_protobuf.FromDatetime(at)

    assert stamp(at) == by_protobuf
    assert moment(stamp(at)) == at


def test_no_moment_is_no_stamp() -> None:
    assert stamp_or_none(None) is None
    assert stamp_or_none(NOON) == stamp(NOON)


def test_a_field_that_is_not_set_has_no_moment() -> None:
    note = message("WriteNoteRequest")
    assert moment_of(note(), "occurred_time") is None
    assert moment_of(note(occurred_time=stamp(NOON)), "occurred_time") == NOON
