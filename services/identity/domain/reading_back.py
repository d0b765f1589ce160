"""What is read to a resident before they consent: short sentences, in Chinese and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.ledger.text import Text
from services.identity.domain.consent.events import ConsentPurpose, Terms
from services.identity.domain.preferences import NoticeChannel
from services.identity.domain.wording import in_zone, one_line

_PURPOSES: Mapping[ConsentPurpose, Text] = {
    ConsentPurpose.REPORT_CASES: Text(zh="替您反映诉求。", en="Report cases for you."),
    ConsentPurpose.FOLLOW_CASES: Text(
        zh="查看您反映的诉求，包括您写的内容和往来消息。",
        en="Read the cases that you reported, with what you wrote and all messages.",
    ),
    ConsentPurpose.WRITE_MESSAGES: Text(
        zh="替您就您的诉求发送消息。", en="Write messages about your cases for you."
    ),
    ConsentPurpose.DECIDE_ON_CASES: Text(
        zh="替您确认办理结果、提出异议，或撤回诉求。",
        en="Say for you that a case was dealt with, object, or take a case back.",
    ),
    ConsentPurpose.RATE_CASES: Text(
        zh="替您评价诉求办得怎么样。", en="Rate for you how well cases were dealt with."
    ),
    ConsentPurpose.ANSWER_OFFERS: Text(
        zh="查看您的志愿服务信息，替您答复邀约。",
        en="Read your data as a volunteer, and answer offers for you.",
    ),
    ConsentPurpose.READ_HOUSEHOLD: Text(
        zh="查看您家的住户信息，包括同住的人是谁。",
        en="Read what is known of your household, and who lives in it.",
    ),
}
_SHORT: Mapping[ConsentPurpose, Text] = {
    ConsentPurpose.REPORT_CASES: Text(zh="反映诉求", en="report cases"),
    ConsentPurpose.FOLLOW_CASES: Text(zh="查看诉求和消息", en="read cases and messages"),
    ConsentPurpose.WRITE_MESSAGES: Text(zh="发送消息", en="write messages"),
    ConsentPurpose.DECIDE_ON_CASES: Text(zh="确认、异议或撤回", en="confirm, object, take back"),
    ConsentPurpose.RATE_CASES: Text(zh="评价", en="rate"),
    ConsentPurpose.ANSWER_OFFERS: Text(zh="查看志愿信息并答复邀约", en="read volunteer data, answer offers"),
    ConsentPurpose.READ_HOUSEHOLD: Text(zh="查看住户信息", en="read household data"),
}
_ALWAYS = (
    Text(
        zh="每一件事都会记录是谁替您办的，您随时可以要求读给您听。",
        en="Everything is recorded with who did it for you, and you can have it read to you at any time.",
    ),
    Text(
        zh="您随时可以撤销，撤销后不能再以您的名义办事。",
        en="You can take this back at any time; then nothing more is done in your name.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOut:
    """A consent to be read out. `helper`: a name, or "" where none is shown; `area`: if there is a limit."""

    terms: Terms
    helper: str
    area: Text | None
    zone: str


def read_back(read: ReadOut) -> Sequence[Text]:
    """What the resident is told."""
    terms, area = read.terms, read.area
    called, until = _called(terms, read.helper), in_zone(terms.until, read.zone)
    where = (
        Text(zh="不限区域。", en="This holds everywhere.")
        if area is None
        else Text(zh=f"只限{area.zh}范围内的事。", en=f"Only for matters in {area.en}.")
    )
    return [
        Text(
            zh=f"您同意由{called.zh}以您的名义办理以下事情：",
            en=f"You agree that {called.en} may do the following in your name:",
        ),
        *(_PURPOSES[each] for each in terms.purposes),
        where,
        Text(zh=f"有效期到{until.zh}为止。", en=f"This ends on {until.en}."),
        *_ALWAYS,
    ]


def code_in_words(code: str, read: ReadOut, channel: NoticeChannel) -> tuple[Text, Text]:
    """The title and the text in which somebody is sent the code by which they confirm a consent.

    They say what the code is for, so that whoever is sent it need not take a caller's word for it. Of a text
    message there is only the title; that of an e-mail does not show the code.
    """
    spoken = f"{code[:4]} {code[4:]}"
    if channel is NoticeChannel.SMS:
        return _in_one_line(spoken, read), Text(zh="", en="")
    said = read_back(read)
    zh = "\n".join(each.zh for each in said)
    en = "\n".join(each.en for each in said)
    return Text(zh="有人请求以您的名义办事", en="Somebody asks to act in your name"), Text(
        zh=f"{zh}\n\n验证码：{spoken}（24小时内有效）。\n把验证码告诉对方就表示您同意以上内容。不同意就不要告诉任何人。",
        en=f"{en}\n\nCode: {spoken} (24 hours).\nWhoever you tell this code has your consent to all of"
        " the above. If you do not agree, tell it to nobody.",
    )


def given_in_words(read: ReadOut, channel: NoticeChannel) -> tuple[Text, Text]:
    """The title and the text by which a resident learns that somebody may act in their name from now on."""
    if channel is NoticeChannel.SMS:
        said = _briefly(read)
        return Text(
            zh=f"从现在起，{said.zh}。如果您没有同意，请尽快撤销或联系柜台",
            en=f"From now on {said.en}. If you did not agree to this, revoke it or ask at a counter soon.",
        ), Text(zh="", en="")
    sentences = read_back(read)
    zh = "\n".join(each.zh for each in sentences)
    en = "\n".join(each.en for each in sentences)
    return Text(zh="现在有人可以以您的名义办事", en="Somebody may now act in your name"), Text(
        zh=f"以下授权已经生效。\n\n{zh}\n\n如果您没有同意，请尽快撤销或联系柜台。",
        en=f"This was confirmed.\n\n{en}\n\nIf you did not agree to it, revoke it or ask at a counter soon.",
    )


def _in_one_line(spoken: str, read: ReadOut) -> Text:
    said = _briefly(read)
    return Text(
        zh=f"授权验证码{spoken}：同意后，{said.zh}。告诉对方就表示同意，不同意请勿告诉任何人",
        en=f"Consent code {spoken}: if you agree, {said.en}. Telling the code is consent."
        " If you do not agree, tell it to nobody.",
    )


def _briefly(read: ReadOut) -> Text:
    """The terms as a part of one sentence."""
    helper, until = _called(read.terms, read.helper), in_zone(read.terms.until, read.zone)
    zh = "、".join(_SHORT[each].zh for each in read.terms.purposes)
    en = ", ".join(_SHORT[each].en for each in read.terms.purposes)
    within = Text(zh="不限区域", en="everywhere")
    if read.area is not None:
        within = Text(zh=f"限{one_line(read.area.zh)}", en=f"in {one_line(read.area.en)}")
    return Text(
        zh=f"{helper.zh}可以以您的名义：{zh}；{within.zh}，至{until.zh}",
        en=f"{helper.en} may act in your name: {en}; {within.en}, until {until.en}",
    )


def _called(terms: Terms, helper: str) -> Text:
    """The helper's name; without one, their id, which is what the resident themself entered."""
    if not helper:
        return Text(zh=f"编号为{terms.helper_id}的人", en=f"the person with the id {terms.helper_id}")
    return Text(zh=one_line(helper), en=one_line(helper))
