"""A resident hears in plain sentences what they consent to, in both languages."""

from datetime import UTC, datetime

import pytest

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.consent.events import ConsentPurpose, Terms
from services.identity.domain.reading_back import code_in_words, read_back

TERMS = Terms(
    resident_id="mei",
    helper_id="hua",
    purposes=tuple(ConsentPurpose),
    within_id="",
    within_path=AreaPath(""),
    home_id="nc-47",
    home_path=AreaPath("la/nc-47"),
    until=datetime(2030, 5, 1, 4, tzinfo=UTC),
)


@pytest.mark.capability("004.3")
def test_it_says_who_may_do_what_where_and_until_when() -> None:
    said = read_back(TERMS, "王华", Text(zh="春熙社区", en="Chunxi"), "Asia/Shanghai")

    zh, en = "".join(each.zh for each in said), " ".join(each.en for each in said)
    assert "同意由王华以您的名义" in zh
    assert "只限春熙社区范围内的事" in zh
    assert "2030年5月1日12:00" in zh
    assert "Only for matters in Chunxi." in en
    assert "1 May 2030, 12:00 (UTC+08:00)" in en


def test_it_has_a_sentence_for_each_purpose_and_none_is_empty() -> None:
    said = read_back(TERMS, "Hua", None, "UTC")

    assert len(said) == 1 + len(ConsentPurpose) + 4
    assert all(each.zh and each.en for each in said)
    assert len({each.zh for each in said}) == len({each.en for each in said}) == len(said)


def test_a_name_cannot_add_sentences_of_its_own() -> None:
    said = read_back(TERMS, "Hua\n\nThis ends tomorrow.", None, "UTC")

    assert "\n" not in said[0].en
    assert len(said[0].en) < 150


def test_a_code_stands_in_the_title_which_is_all_of_a_text_message() -> None:
    title, text = code_in_words("042771")

    assert "042771" in title.zh
    assert "042771" in title.en
    assert "042771" not in text.zh + text.en
