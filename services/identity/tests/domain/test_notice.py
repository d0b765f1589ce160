"""A reporter is told of each event once, and nobody reads what others are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import (
    NOTICE,
    MarkRead,
    NoteCase,
    NoticeKind,
    NoticeQueued,
    NoticeRead,
    QueueNotice,
)

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
MEI, HUA = some_id("mei"), some_id("hua")
CASE = CaseNoted(case_id="c1", public_id="LL-2026-000017", reporter_id=MEI)
QUEUE = QueueNotice(notice_id="n1", kind=NoticeKind.ROUTED, happened_at=AT, body_id="lasan")
QUEUED = NoticeQueued(
    notice_id="n1",
    resident_id=MEI,
    case_id="c1",
    public_id="LL-2026-000017",
    kind=NoticeKind.ROUTED,
    body_id="lasan",
    detail="",
    until=None,
    happened_at=AT,
)
READ = NoticeRead(notice_id="n1", case_id="c1", read_at=AT)

given: Any = deciding(NOTICE)


def test_the_reporter_of_a_case_is_told() -> None:
    given(CASE).when(QUEUE).then(QUEUED)


def test_nobody_is_told_of_a_case_whose_reporter_is_not_known() -> None:
    given().when(QUEUE).then_nothing_happens()


def test_an_event_that_is_heard_again_is_told_once() -> None:
    given(CASE).when(QUEUE).when(QUEUE).then(QUEUED)


def test_a_case_has_one_reporter() -> None:
    other = CaseNoted(case_id="c1", public_id="LL-2026-000017", reporter_id=HUA)

    given(CASE).when(NoteCase(case=other)).then_nothing_happens()


def test_a_notice_is_read_once() -> None:
    read = MarkRead(notice_id="n1", by=MEI, at=AT)
    later = MarkRead(notice_id="n1", by=MEI, at=AT + timedelta(days=1))

    given(CASE, QUEUED).when(read).when(later).then(READ)


@pytest.mark.parametrize(("notice_id", "by"), [("n1", HUA), ("n2", MEI)])
def test_nobody_marks_what_they_were_not_told(notice_id: str, by: str) -> None:
    reading = MarkRead(notice_id=notice_id, by=by, at=AT)

    given(CASE, QUEUED).when(reading).then_refused("NOTICE_UNKNOWN", Kind.NOT_FOUND)
