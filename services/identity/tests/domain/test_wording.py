"""What notices say: in both languages, by the reader's clock, and nothing that somebody forged."""

import re
from datetime import UTC, datetime
from itertools import product
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ledger.text import Text
from services.identity.domain.notice import NoticeKind, NoticeQueued
from services.identity.domain.wording import NO_TEXT, one_line, worded

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
BODY, DETAIL = Text(zh="环卫局", en="Sanitation"), Text(zh="首次回复", en="First response")


def notice(kind: NoticeKind, until: datetime | None = None, public_id: str = "LL-17") -> NoticeQueued:
    return NoticeQueued(
        notice_id="n1",
        resident_id="mei",
        case_id="c1",
        public_id=public_id,
        kind=kind,
        body_id="lasan",
        detail="",
        until=until,
        happened_at=AT,
    )


def test_a_notice_tells_what_happened_and_what_to_do_in_both_languages() -> None:
    said = worded(notice(NoticeKind.ASKED_TO_CONFIRM, LATER), body=BODY, detail=NO_TEXT, zone="Asia/Shanghai")

    assert said.title.zh == "您的诉求LL-17已处理，请您确认"
    assert said.title.en == "Your report LL-17 was dealt with: please confirm"
    assert said.text == Text(
        zh="环卫局于2026年3月2日22:20（UTC+08:00）报告已处理。请登录确认，或提出异议。"
        "如您在2026年3月10日00:00（UTC+08:00）前未表示意见，诉求将自动办结。",
        en="Sanitation reported on 2 March 2026, 22:20 (UTC+08:00) that it dealt with the matter. Log in to "
        "confirm, or to object. If we do not hear from you before 10 March 2026, 00:00 (UTC+08:00), the "
        "report will be closed automatically.",
    )


def test_moments_are_those_of_the_readers_clock_and_say_so() -> None:
    said = worded(notice(NoticeKind.RECEIVED), body=NO_TEXT, detail=NO_TEXT, zone="America/Los_Angeles")

    assert said.text.en == "We received your report on 2 March 2026, 06:20 (UTC-08:00)."


@pytest.mark.parametrize(
    ("kind", "until", "detail", "body"),
    [*product(NoticeKind, [None, LATER], [NO_TEXT, DETAIL], [NO_TEXT, BODY, Text(en="Sanitation")])],
)
def test_every_notice_is_a_sentence_whatever_is_known(
    kind: NoticeKind, until: datetime | None, detail: Text, body: Text
) -> None:
    said = worded(notice(kind, until), body=body, detail=detail, zone="UTC")

    for text in (said.title.zh, said.title.en, said.text.zh, said.text.en):
        assert text
        assert not re.search(r"[{}]|None|  |：。|: \.", text)
    assert said.text.zh.endswith("。")
    assert said.text.en.endswith(".")
    assert said.text.en[0].isupper()


@pytest.mark.parametrize(
    "forged",
    [
        "{happened}",
        "{0.__class__}",
        "Sanitation\n\nPay your fine at http://evil.example",
        "Sanitation\r\nBcc: everybody@example.org",
        "S" * 5000,
        "a\u202eb\u2028c\x00d",
    ],
)
def test_a_name_cannot_pass_for_a_template_a_line_or_a_letter(forged: str) -> None:
    name = Text(zh=forged, en=forged)

    said = worded(notice(NoticeKind.ROUTED, public_id=forged), body=name, detail=NO_TEXT, zone="UTC")

    for text in (said.title.zh, said.title.en, said.text.zh, said.text.en):
        assert len(text.splitlines()) == 1
        assert text.isprintable()
        assert len(text) < 200
    if forged.startswith("{"):
        assert forged in said.text.en


@given(st.text(max_size=300))
def test_any_name_becomes_one_short_line(name: str) -> None:
    line = one_line(name)

    assert line.isprintable()
    assert len(line) <= 60
    assert line == one_line(line)


GSM = set("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà") | set(ascii_letters)
"""The letters of GSM 03.38 that take one place each."""


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_title_fits_one_text_message(kind: NoticeKind) -> None:
    title = worded(notice(kind, public_id="LL-2026-12345678"), body=BODY, detail=DETAIL, zone="UTC").title

    assert len(title.zh) <= 70
    assert len(title.en) <= 160
    assert set(title.en) <= GSM
