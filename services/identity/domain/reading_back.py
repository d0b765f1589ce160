"""What is read to a resident before they consent: short sentences, in Chinese and English."""

from collections.abc import Mapping, Sequence

from libs.ledger.text import Text
from services.identity.domain.consent.events import ConsentPurpose, Terms
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


def read_back(terms: Terms, helper: str, area: Text | None, zone: str) -> Sequence[Text]:
    """What the resident is told; `helper` is a name, `area` that of the area, if there is a limit."""
    helper, until = one_line(helper), in_zone(terms.until, zone)
    where = (
        Text(zh="不限区域。", en="This holds everywhere.")
        if area is None
        else Text(zh=f"只限{area.zh}范围内的事。", en=f"Only for matters in {area.en}.")
    )
    return [
        Text(
            zh=f"您同意由{helper}以您的名义办理以下事情：",
            en=f"You agree that {helper} may do the following in your name:",
        ),
        *(_PURPOSES[each] for each in terms.purposes),
        where,
        Text(zh=f"有效期到{until.zh}为止。", en=f"This ends on {until.en}."),
        *_ALWAYS,
    ]


def code_in_words(code: str) -> tuple[Text, Text]:
    """The title and the text in which somebody is sent the code by which they confirm a consent."""
    title = Text(zh=f"授权验证码{code}，24小时内有效", en=f"Code for your consent: {code} (24 hours)")
    text = Text(
        zh="有人提出以您的名义办事。只有在对方把授权内容读给您听、您也同意之后，才把验证码告诉对方。",
        en="Somebody proposes to act in your name. Tell them the code only after they have read to you what"
        " you consent to, and if you agree.",
    )
    return title, text
