"""What is said of the difference between a file and a platform, in Chinese and English."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from services.command.community.steps import Action

ACTIONS: Mapping[Action, tuple[str, str]] = {
    Action.CREATE: ("新建", "create"),
    Action.CHANGE: ("更改", "change"),
    Action.END: ("终止", "end"),
    Action.LEAVE: ("不变", "leave alone"),
    Action.CANNOT: ("不能更改", "cannot change"),
}
SECTIONS: Mapping[str, str] = {
    "areas": "区域",
    "boundaries": "边界",
    "bodies": "机构",
    "qualifications": "资格",
    "posts": "岗位",
    "people": "人员",
    "affairs": "事项",
    "responsibilities": "责任",
    "calendars": "日历",
    "commitments": "承诺",
    "services": "服务",
    "buildings": "楼栋",
    "households": "住户",
}
"""What sections are called in Chinese; another keeps its key."""
_TEXTS: Mapping[str, tuple[str, str]] = {
    "ended": ("它已终止：请另外定义", "it has ended: define another"),
    "kept": ("{differs}：定义之后不能更改", "{differs}: an area that is defined keeps it"),
    "kept-body": ("{differs}：登记之后不能更改", "{differs}: a body that is registered keeps it"),
    "kept-qualification": (
        "名称或有效期不同：定义之后不能更改",
        "another name or validity: a qualification that is defined keeps it",
    ),
    "kept-post": (
        "单位、名称、区域或角色不同：设立之后不能更改",
        "another body, name, area or roles: a post that is established keeps them",
    ),
    "needs": ("原需资格 {before}", "it needed {before}"),
    "was-called": ("原名 {name}", "it was called {name}"),
    "parent": (
        "上级是 {parent}：在树中的位置不能更改",
        "parent is {parent}: the place in the tree is for good",
    ),
    "retired": ("它已停用，不能恢复", "it is retired, for good"),
    "name": ("更改名称", "other name"),
    "keywords": ("更改关键词", "other keywords"),
    "anonymity": ("更改是否可以匿名", "other anonymity"),
    "outcomes": ("更改处理结果", "other outcomes"),
    "other-body": (
        "它的机构是 {body}：请用另一个编号发布",
        "its body is {body}: publish it under another id",
    ),
    "active": ("恢复", "active"),
    "suspended": ("暂停", "suspended"),
    "status-retired": ("停用", "retired"),
    "next": ("第 {version} 版从现在起有效", "version {version} holds from now on"),
    "next-from": ("第 {version} 版从 {since} 起有效", "version {version} holds from {since}"),
    "held": ("从 {since} 起有效：之前的不能更改", "it holds since {since}: what held before is not changed"),
    "held-later": (
        "第 {version} 版从 {since} 起有效：请写这个或更晚的时刻",
        "version {version} holds since {since}: name that moment or a later one",
    ),
    "in-parts": (
        "{item} 在这段时间里已有更晚的版本：请手动终止那一个",
        "{item} holds in part of its time by a later version: end that one by hand",
    ),
    "end-later": (
        "{item} 于 {end} 终止：终止不能推迟，请从那时起另写一项",
        "{item} ends {end}: an end is not moved to later; begin another item then",
    ),
    "handed": (
        "从 {since} 起由 {body} 负责，不再由 {was} 负责",
        "{body} from {since} in place of {was}",
    ),
    "basis": ("从 {since} 起更改依据", "other legal basis from {since}"),
    "helpers": ("从 {since} 起更改协助机构", "other helpers from {since}"),
    "ends": ("于 {until} 终止", "ends {until}"),
    "past": (
        "这是 {days:,} 天以前，之后的记录都会改写：要保留过去，请写新的 valid_from",
        "that is {days:,} days in the past, and rewrites who answered since: a new valid_from keeps the past",
    ),
    "people": (
        "人员：按编号查找 {count} 人；没有的将登记",
        "people: {count} are looked up by their numbers; who is missing is registered",
    ),
    "households": (
        "住户：{count} 户照原样发送，各生效一次",
        "households: {count} are sent as they are, and take effect once",
    ),
    "nothing": ("没有要做的", "nothing to do"),
    "nothing-but-people": ("除人员外没有要做的", "nothing to do but for people"),
    "more": ("还有 {counted}", "and {counted}"),
}


class Said(str):
    """A sentence: the English one, which also has the Chinese."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Both."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made


def say(kind: str, **about: Any) -> Said:
    """A sentence of the table, with these words filled in."""
    zh, en = _TEXTS[kind]
    return Said(en.format_map(about), zh.format_map(about))


def joined(parts: Iterable[Said], zh: str = "，", en: str = ", ") -> Said:
    """Several as one."""
    said = list(parts)
    return Said(en.join(said), zh.join(each.zh for each in said))


def in_language(text: str, language: str) -> str:
    """A sentence in `zh` or `en`; text that has no translation as it is."""
    return text.zh if language == "zh" and isinstance(text, Said) else str(text)
