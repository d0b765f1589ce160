"""What was done in somebody's name, in words that are read to them."""

from collections.abc import Mapping

from libs.ledger.text import Text

OTHER = Text(zh="以您的名义办理了一件事", en="Something was done in your name")

ACTS: Mapping[str, Text] = {
    "case_opened": Text(zh="以您的名义反映了诉求", en="A case was reported in your name"),
    "case_routed": Text(zh="该诉求随即交办", en="The case went to the body that is responsible"),
    "case_unowned": Text(zh="该诉求暂无责任单位", en="No body was found that is responsible for the case"),
    "case_confirmed": Text(
        zh="以您的名义确认了办理结果", en="It was confirmed in your name that a case was dealt with"
    ),
    "case_closed": Text(zh="该诉求随即办结", en="The case was closed"),
    "case_withdrawn": Text(zh="以您的名义撤回了诉求", en="A case was withdrawn in your name"),
    "case_reopened": Text(
        zh="以您的名义对办理结果提出异议", en="It was objected in your name to how a case was dealt with"
    ),
    "rejection_contested": Text(
        zh="以您的名义对不予受理提出异议", en="It was objected in your name to the rejection of a case"
    ),
    "adjudication_opened": Text(
        zh="该诉求随即由上级裁定", en="The level above then decides who handles the case"
    ),
    "message_sent": Text(zh="以您的名义发送了消息", en="A message was written in your name"),
    "case_rated": Text(zh="以您的名义作出了评价", en="A rating was given in your name"),
    "offer_accepted": Text(
        zh="以您的名义接受了志愿服务邀约", en="An offer of volunteering was accepted in your name"
    ),
    "offer_declined": Text(
        zh="以您的名义谢绝了志愿服务邀约", en="An offer of volunteering was declined in your name"
    ),
    "shift_booked": Text(zh="为您预约了志愿服务班次", en="A shift of volunteering was booked for you"),
    "personal_data_disclosed": Text(zh="查看了您的信息", en="Your data were read"),
}


def worded(event: str) -> Text:
    """An event by its stored name, without the version."""
    return ACTS.get(event, OTHER)
