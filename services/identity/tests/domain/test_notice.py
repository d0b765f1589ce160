"""A reporter is told of each event once, and nobody reads what others are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import (
    NOTICE,
    JoinReports,
    MarkRead,
    NoteCase,
    NoticeKind,
    NoticeQueued,
    NoticeRead,
    PartReports,
    QueueNotice,
    ReportsJoined,
    ReportsParted,
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


# -- a case into which another one was merged ------------------------------------------------------

OF_HUA = CaseNoted(case_id="c2", public_id="LL-2026-000018", reporter_id=HUA)
JOINED = ReportsJoined(case_id="c1", duplicate_case_id="c2", reports=(OF_HUA,))
PARTED = ReportsParted(case_id="c1", duplicate_case_id="c2")
TO_HUA = replace(
    QUEUED,
    notice_id=sha256(b"n1/c2").hexdigest()[:32],
    resident_id=HUA,
    case_id="c2",
    public_id="LL-2026-000018",
)


def test_the_reporter_of_a_merged_case_is_told_by_their_own_number() -> None:
    given(CASE).when(JoinReports(joined=JOINED)).when(QUEUE).then(JOINED, QUEUED, TO_HUA)


def test_they_are_told_too_where_the_other_case_names_no_reporter() -> None:
    given().when(JoinReports(joined=JOINED)).when(QUEUE).then(JOINED, TO_HUA)


def test_whatever_is_heard_again_is_told_once_to_each() -> None:
    given(CASE, JOINED, QUEUED, TO_HUA).when(QUEUE).then_nothing_happens()
    given(CASE, JOINED).when(JoinReports(joined=JOINED)).then_nothing_happens()


def test_a_message_to_one_reporter_is_told_to_them_alone() -> None:
    given(CASE, JOINED).when(replace(QUEUE, theirs_alone=True)).then(QUEUED)


def test_who_has_their_own_case_back_is_told_no_more() -> None:
    given(CASE, JOINED).when(PartReports(parted=PARTED)).when(QUEUE).then(PARTED, QUEUED)
    given(CASE).when(PartReports(parted=PARTED)).then_nothing_happens()


def test_each_reads_what_they_were_told_and_not_what_the_others_were() -> None:
    told = given(CASE, JOINED, QUEUED, TO_HUA)

    read = NoticeRead(notice_id=TO_HUA.notice_id, case_id="c1", read_at=AT)
    told.when(MarkRead(notice_id=TO_HUA.notice_id, by=HUA, at=AT)).then(read)
    told.when(MarkRead(notice_id=TO_HUA.notice_id, by=MEI, at=AT)).then_refused("NOTICE_UNKNOWN")
    told.when(MarkRead(notice_id="n1", by=HUA, at=AT)).then_refused("NOTICE_UNKNOWN")
