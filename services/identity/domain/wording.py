"""What a notice says: templates in Chinese and English, filled with facts that nobody typed for it.

No text of a case is among them: a notice may be read over somebody's shoulder, on a phone, or in a letter
box. A name that stands in a sentence is cut to one short line, so that it stays on one line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from libs.ledger.text import Text
from services.identity.domain.notice import NoticeKind, NoticeQueued

_LONGEST_NAME = 60
NO_TEXT = Text(zh="", en="")


@dataclass(frozen=True, slots=True)
class Worded:
    """A notice in words: one line, and a sentence or two."""

    title: Text
    text: Text


_TITLES: Mapping[NoticeKind, Text] = {
    NoticeKind.RECEIVED: Text(zh="您的诉求{number}已登记", en="Your report {number} was received"),
    NoticeKind.ROUTED: Text(zh="您的诉求{number}已交办", en="Your report {number} has a responsible body"),
    NoticeKind.ANSWERED: Text(zh="您的诉求{number}有新回复", en="Your report {number} was answered"),
    NoticeKind.MESSAGE: Text(zh="您的诉求{number}有新消息", en="There is a message on your report {number}"),
    NoticeKind.ASKED_TO_CONFIRM: Text(
        zh="您的诉求{number}已处理，请您确认", en="Your report {number} was dealt with: please confirm"
    ),
    NoticeKind.REJECTED: Text(zh="您的诉求{number}不予受理", en="Your report {number} was rejected"),
    NoticeKind.CLOSED: Text(zh="您的诉求{number}已办结", en="Your report {number} was closed"),
    NoticeKind.REOPENED: Text(zh="您的诉求{number}重新办理", en="Your report {number} was reopened"),
    NoticeKind.OVERDUE: Text(
        zh="您的诉求{number}有一项时限已届满", en="A promised time for your report {number} has passed"
    ),
    NoticeKind.CORRECTED: Text(zh="关于您的诉求{number}的更正", en="A correction on your report {number}"),
    NoticeKind.MERGED: Text(
        zh="您的诉求{number}已并案办理", en="Your report {number} was merged with another one"
    ),
    NoticeKind.UNMERGED: Text(zh="您的诉求{number}恢复单独办理", en="Your report {number} is separate again"),
    NoticeKind.UNOWNED: Text(
        zh="您的诉求{number}暂无责任单位", en="No body is responsible for your report {number} yet"
    ),
    NoticeKind.RETURNED: Text(zh="您的诉求{number}被退回", en="Your report {number} was sent back"),
    NoticeKind.ADJUDICATION: Text(
        zh="您的诉求{number}由上级裁定责任单位",
        en="The level above decides who handles your report {number}",
    ),
    NoticeKind.CONFIRMED: Text(
        zh="您的诉求{number}已确认处理", en="Your report {number} was confirmed as dealt with"
    ),
    NoticeKind.WITHDRAWN: Text(zh="您的诉求{number}已撤回", en="Your report {number} was withdrawn"),
    NoticeKind.PAUSE_REQUESTED: Text(
        zh="您的诉求{number}被申请暂停办理", en="A pause was requested for your report {number}"
    ),
    NoticeKind.PAUSE_APPROVED: Text(
        zh="您的诉求{number}获准暂停办理", en="A pause of your report {number} was approved"
    ),
    NoticeKind.PAUSED: Text(zh="您的诉求{number}暂停办理", en="Work on your report {number} is paused"),
    NoticeKind.PAUSE_REFUSED: Text(
        zh="您的诉求{number}的暂停申请未获批准", en="A pause of your report {number} was not approved"
    ),
    NoticeKind.PAUSE_LAPSED: Text(
        zh="您的诉求{number}暂停期已满", en="The pause of your report {number} is used up"
    ),
    NoticeKind.RESUMED: Text(zh="您的诉求{number}恢复办理", en="Work on your report {number} goes on"),
    NoticeKind.JOINED: Text(
        zh="他人也反映了您的诉求{number}所述事项", en="Others reported the same as your report {number}"
    ),
    NoticeKind.PARTED: Text(
        zh="并入您的诉求{number}的诉求已拆分",
        en="A report merged into yours ({number}) is separate again",
    ),
}
_TEXTS: Mapping[NoticeKind, Text] = {
    NoticeKind.RECEIVED: Text(
        zh="我们于{happened}收到您的诉求。", en="We received your report on {happened}."
    ),
    NoticeKind.ROUTED: Text(
        zh="{body}自{happened}起负责办理您的诉求。",
        en="Since {happened}, {body} has been responsible for your report.",
    ),
    NoticeKind.ANSWERED: Text(
        zh="{body}于{happened}回复了您，请登录查看。",
        en="{body} wrote to you on {happened}. Log in to read the answer.",
    ),
    NoticeKind.MESSAGE: Text(
        zh="{happened}有人就您的诉求给您留言，请登录查看。",
        en="Somebody wrote to you about your report on {happened}. Log in to read the message.",
    ),
    NoticeKind.ASKED_TO_CONFIRM: Text(
        zh="{body}于{happened}报告已处理。请登录确认，或提出异议。",
        en="{body} reported on {happened} that it dealt with the matter. Log in to confirm, or to object.",
    ),
    NoticeKind.REJECTED: Text(
        zh="您的诉求于{happened}被判定不予受理。", en="Your report was rejected on {happened}."
    ),
    NoticeKind.CLOSED: Text(zh="您的诉求于{happened}办结。", en="Your report was closed on {happened}."),
    NoticeKind.REOPENED: Text(
        zh="您的诉求于{happened}重新办理。", en="Your report was reopened on {happened}."
    ),
    NoticeKind.OVERDUE: Text(zh="承诺的时限已于{happened}届满。", en="A promised time passed on {happened}."),
    NoticeKind.CORRECTED: Text(
        zh="此前关于承诺时限已届满的通知有误，特此更正。",
        en="A notice that a promised time had passed was a mistake.",
    ),
    NoticeKind.MERGED: Text(
        zh="因反映同一事项，您的诉求于{happened}并入另一诉求一并办理。",
        en="Another report is about the same matter. On {happened} yours was merged with it.",
    ),
    NoticeKind.UNMERGED: Text(
        zh="您的诉求自{happened}起恢复单独办理。",
        en="Since {happened}, your report has been handled by itself again.",
    ),
    NoticeKind.UNOWNED: Text(
        zh="{happened}，责任清单中没有负责该事项的单位，由上级确定由谁办理。",
        en="On {happened} no body was found that is responsible for the matter. The level above decides who "
        "takes it.",
    ),
    NoticeKind.RETURNED: Text(
        zh="{body}于{happened}退回了您的诉求，将另行确定由谁办理。",
        en="{body} sent your report back on {happened}. It will be decided who takes it.",
    ),
    NoticeKind.ADJUDICATION: Text(
        zh="自{happened}起，由上一级裁定责任单位。",
        en="Since {happened}, the level above has been deciding which body is responsible.",
    ),
    NoticeKind.CONFIRMED: Text(
        zh="{happened}，以您的名义确认了事项已处理。如非您的意愿，请要求重新办理。",
        en="On {happened} it was confirmed in your name that the matter is dealt with. If you did not want "
        "this, ask for it to be reopened.",
    ),
    NoticeKind.WITHDRAWN: Text(
        zh="{happened}，以您的名义撤回了诉求。", en="On {happened} your report was withdrawn in your name."
    ),
    NoticeKind.PAUSE_REQUESTED: Text(
        zh="{body}于{happened}申请暂停办理您的诉求，批准前时限照常计算。",
        en="{body} requested on {happened} to pause work on your report. Until this is decided, the time "
        "limits run on.",
    ),
    NoticeKind.PAUSE_APPROVED: Text(
        zh="上一级于{happened}批准{body}暂停办理您的诉求，暂停期间时限停止计算。",
        en="On {happened} the level above allowed {body} to pause work on your report. The time limit stands "
        "still meanwhile.",
    ),
    NoticeKind.PAUSED: Text(
        zh="{body}于{happened}暂停办理您的诉求，暂停期间时限停止计算。",
        en="{body} paused work on your report on {happened}. The time limit stands still meanwhile.",
    ),
    NoticeKind.PAUSE_REFUSED: Text(
        zh="截至{happened}，{body}的暂停申请未获批准，时限一直照常计算。",
        en="As of {happened}, the pause that {body} requested is not approved. The time limits have run on.",
    ),
    NoticeKind.PAUSE_LAPSED: Text(
        zh="暂停期于{happened}届满，时限恢复计算。",
        en="The pause was used up on {happened}. The time limit runs again.",
    ),
    NoticeKind.RESUMED: Text(
        zh="{body}自{happened}起恢复办理您的诉求。",
        en="Since {happened}, {body} has been working on your report again.",
    ),
    NoticeKind.JOINED: Text(
        zh="{happened}，他人反映的同一事项并入您的诉求一并办理，以较早的时限为准。此后您的诉求不能撤回。",
        en="On {happened} another report about the same matter was merged into yours. Both are handled "
        "together, by the earlier of their time limits. Yours can no longer be withdrawn.",
    ),
    NoticeKind.PARTED: Text(
        zh="{happened}，曾并入您的诉求的一件诉求恢复单独办理。",
        en="On {happened} a report that had been merged into yours was separated from it.",
    ),
}
_REASON = Text(zh="原因：{detail}。", en="The reason: {detail}.")
_DETAILS: Mapping[NoticeKind, Text] = {
    NoticeKind.REJECTED: _REASON,
    NoticeKind.PAUSE_REQUESTED: _REASON,
    NoticeKind.PAUSE_APPROVED: _REASON,
    NoticeKind.PAUSED: _REASON,
    NoticeKind.PAUSE_REFUSED: Text(
        zh="由{detail}的调度或监督人员决定。",
        en="It was for those who dispatch or supervise in {detail} to decide.",
    ),
    NoticeKind.CLOSED: Text(zh="方式：{detail}。", en="How it ended: {detail}."),
    NoticeKind.OVERDUE: Text(zh="时限：{detail}。", en="The time limit: {detail}."),
    NoticeKind.CORRECTED: Text(zh="时限：{detail}。", en="The time limit: {detail}."),
    NoticeKind.MERGED: Text(
        zh="并入的诉求编号：{detail}。", en="The number of the report that goes on: {detail}."
    ),
    NoticeKind.UNMERGED: Text(
        zh="原并入的诉求编号：{detail}。", en="The number of the report with which it was merged: {detail}."
    ),
}
_PAUSED_UNTIL = Text(zh="最迟暂停至{until}。", en="The pause ends at the latest on {until}.")
_UNTIL: Mapping[NoticeKind, Text] = {
    NoticeKind.ADJUDICATION: Text(zh="应于{until}前裁定。", en="The decision is due before {until}."),
    NoticeKind.PAUSE_REQUESTED: Text(zh="拟暂停至{until}。", en="It would end at the latest on {until}."),
    NoticeKind.PAUSE_APPROVED: _PAUSED_UNTIL,
    NoticeKind.PAUSED: _PAUSED_UNTIL,
    NoticeKind.MESSAGE: Text(zh="请在{until}前答复。", en="Please answer before {until}."),
    NoticeKind.ASKED_TO_CONFIRM: Text(
        zh="如您在{until}前未表示意见，诉求将自动办结。",
        en="If we do not hear from you before {until}, the report will be closed automatically.",
    ),
    NoticeKind.REJECTED: Text(zh="您可在{until}前提出异议。", en="You may object before {until}."),
    NoticeKind.CLOSED: Text(
        zh="您可在{until}前要求重新办理。", en="You may ask for it to be reopened before {until}."
    ),
}
_A_BODY = Text(zh="责任单位", en="the responsible body")


def worded(notice: NoticeQueued, *, body: Text, detail: Text, zone: str) -> Worded:
    """A notice in words. `body`, `detail`: what they are called, empty where there is no name."""
    kind = notice.kind
    parts = [_TEXTS[kind]]
    if kind in _DETAILS and detail != NO_TEXT:
        parts.append(_DETAILS[kind])
    if kind in _UNTIL and notice.until is not None:
        parts.append(_UNTIL[kind])
    facts = {
        "number": Text(zh=one_line(notice.public_id), en=one_line(notice.public_id)),
        "body": _named(body, _A_BODY),
        "detail": _named(detail, NO_TEXT),
        "happened": in_zone(notice.happened_at, zone),
        "until": in_zone(notice.until or notice.happened_at, zone),
    }
    zh, en = ({name: getattr(fact, tongue) for name, fact in facts.items()} for tongue in ("zh", "en"))
    text = Text(
        zh="".join(part.zh.format(**zh) for part in parts),
        en=" ".join(_capital(part.en.format(**en)) for part in parts),
    )
    title = Text(zh=_TITLES[kind].zh.format(**zh), en=_TITLES[kind].en.format(**en))
    return Worded(title=title, text=text)


def gathered(said: Sequence[Worded], count: int) -> Worded:
    """Notices that go out together, as one: the first of them in full, and the number of all."""
    if count == 1:
        [only] = said
        return only
    title = Text(zh=f"您有{count}条新通知", en=f"You have {count} new notices")
    zh = [f"{each.title.zh}：{each.text.zh}" for each in said]
    en = [f"{each.title.en}. {each.text.en}" for each in said]
    if more := count - len(said):
        zh.append(f"另有{more}条，请登录查看。")
        en.append(f"There are {more} more. Log in to read them.")
    return Worded(title=title, text=Text(zh="\n\n".join(zh), en="\n\n".join(en)))


def one_line(name: str) -> str:
    """A name as it may stand in a sentence: one line, no control characters, not too long."""
    line = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def _named(name: Text, otherwise: Text) -> Text:
    zh, en = one_line(name.zh), one_line(name.en)
    return Text(zh=zh or en or otherwise.zh, en=en or zh or otherwise.en)


def in_zone(at: datetime, zone: str) -> Text:
    """A moment by the wall clock of a zone, with its distance from UTC."""
    here = at.astimezone(ZoneInfo(zone))
    offset = here.strftime("%z")
    day, ahead = day_of(here), f"UTC{offset[:3]}:{offset[3:5]}"
    return Text(zh=f"{day.zh}{here:%H:%M}（{ahead}）", en=f"{day.en}, {here:%H:%M} ({ahead})")


def day_of(here: datetime) -> Text:
    """The day of a moment, which is given in its zone."""
    return Text(
        zh=f"{here.year}年{here.month}月{here.day}日",
        en=f"{here.day} {_MONTHS[here.month - 1]} {here.year}",
    )


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
