"""A resident hears in plain sentences what they consent to, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.consent.events import ConsentPurpose, Terms
from services.identity.domain.preferences import NoticeChannel
from services.identity.domain.reading_back import ReadOut, code_in_words, given_in_words, read_back

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

READ = ReadOut(terms=TERMS, helper="王华", area=Text(zh="春熙社区", en="Chunxi"), zone="Asia/Shanghai")


@pytest.mark.capability("004.3")
def test_it_says_who_may_do_what_where_and_until_when() -> None:
    said = read_back(READ)

    zh, en = "".join(each.zh for each in said), " ".join(each.en for each in said)
    assert "同意由王华以您的名义" in zh
    assert "只限春熙社区范围内的事" in zh
    assert "2030年5月1日12:00" in zh
    assert "Only for matters in Chunxi." in en
    assert "1 May 2030, 12:00 (UTC+08:00)" in en


def test_it_has_a_sentence_for_each_purpose_and_none_is_empty() -> None:
    said = read_back(replace(READ, area=None))

    assert len(said) == 1 + len(ConsentPurpose) + 4
    assert all(each.zh and each.en for each in said)
    assert len({each.zh for each in said}) == len({each.en for each in said}) == len(said)


def test_a_name_cannot_add_sentences_of_its_own() -> None:
    said = read_back(replace(READ, helper="Hua\n\nThis ends tomorrow."))

    assert "\n" not in said[0].en
    assert len(said[0].en) < 150


@pytest.mark.parametrize("channel", [NoticeChannel.SMS, NoticeChannel.EMAIL])
def test_whoever_is_sent_a_code_reads_to_what_it_consents(channel: NoticeChannel) -> None:
    title, text = code_in_words("04277100", READ, channel)

    zh, en = title.zh + text.zh, title.en + text.en
    for each in ["0427 7100", "王华", "诉求", "住户信息", "春熙社区", "2030年5月1日12:00", "不要告诉任何人"]:
        assert each in zh.replace("请勿告诉", "不要告诉")
    for each in ["0427 7100", "household", "Chunxi", "1 May 2030, 12:00", "tell it to nobody"]:
        assert each in en


def test_a_text_message_is_one_line_and_the_title_of_an_e_mail_shows_no_code() -> None:
    line, _ = code_in_words("04277100", replace(READ, helper="Hua\nCode 1"), NoticeChannel.SMS)
    title, text = code_in_words("04277100", READ, NoticeChannel.EMAIL)

    assert "\n" not in line.zh + line.en
    assert "0427" not in title.zh + title.en
    assert "0427 7100" in text.zh


def test_without_a_name_the_helper_is_called_by_the_id() -> None:
    said = read_back(replace(READ, helper=""))

    assert "编号为hua的人" in said[0].zh
    assert "the person with the id hua" in said[0].en


@pytest.mark.parametrize("channel", [NoticeChannel.SMS, NoticeChannel.EMAIL])
def test_a_resident_is_told_who_may_act_in_their_name_and_what_to_do_if_they_did_not_agree(
    channel: NoticeChannel,
) -> None:
    title, text = given_in_words(READ, channel)

    zh, en = title.zh + text.zh, title.en + text.en
    for each in ["王华", "诉求", "春熙社区", "2030年5月1日12:00", "撤销"]:
        assert each in zh
    for each in ["王华", "Chunxi", "1 May 2030, 12:00", "If you did not agree"]:
        assert each in en
