"""The nine affairs that the studies of smart communities name, ready to be loaded [004.5].

Names and keywords are those of the studies. The limits are a starting point in the order of what Chinese
12345 hotlines promise, not a rule: an operator publishes the next version with those in force here.
"""

from dataclasses import dataclass

from libs.ledger.text import Text
from libs.rules.due import Limit, Unit
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingTime

CALENDAR_ID = "standard"
CALENDAR_NAME = Text(zh="标准工作日历", en="Standard working calendar")
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardAffair:
    """One of the nine, with what is promised for it."""

    affair_id: str
    name: Text
    keywords: tuple[str, ...]
    anonymous_allowed: bool
    first_response: Limit
    resolution: Limit
    evidence_kinds: tuple[str, ...]


def working_time(zone: str) -> WorkingTime:
    """Monday to Friday, 9 to 12 and 14 to 18. Holidays differ by year and place: the operator adds them."""
    day = (Hours(start=9 * 60, until=12 * 60), Hours(start=14 * 60, until=18 * 60))
    return WorkingTime(
        zone=zone, week=tuple(WeekdayHours(weekday=weekday, hours=day) for weekday in range(1, 6))
    )


def _days(amount: int) -> Limit:
    return Limit(amount=amount, unit=Unit.WORKING_DAYS)


def _hours(amount: int) -> Limit:
    return Limit(amount=amount, unit=Unit.CALENDAR_HOURS)


STANDARD_AFFAIRS = (
    StandardAffair(
        affair_id="employment",
        name=Text(zh="就业服务", en="Employment"),
        keywords=("就业", "招聘", "失业", "培训", "job", "work", "training"),
        anonymous_allowed=False,
        first_response=_days(1),
        resolution=_days(10),
        evidence_kinds=("record",),
    ),
    StandardAffair(
        affair_id="assistance",
        name=Text(zh="社会救助", en="Social assistance"),
        keywords=("救助", "低保", "困难家庭", "残疾人", "welfare", "disability", "hardship"),
        anonymous_allowed=False,
        first_response=_days(1),
        resolution=_days(20),
        evidence_kinds=("decision",),
    ),
    StandardAffair(
        affair_id="pension",
        name=Text(zh="养老服务", en="Pension and care for the elderly"),
        keywords=("养老", "老年人", "养老金", "助餐", "elderly", "old age", "retirement"),
        anonymous_allowed=False,
        first_response=_days(1),
        resolution=_days(10),
        evidence_kinds=("record",),
    ),
    StandardAffair(
        affair_id="epidemic-prevention",
        name=Text(zh="卫生防疫", en="Epidemic prevention"),
        keywords=("防疫", "疫苗", "消毒", "传染病", "vaccination", "disinfection", "health"),
        anonymous_allowed=True,
        first_response=_hours(2),
        resolution=_hours(24),
        evidence_kinds=("record",),
    ),
    StandardAffair(
        affair_id="family-planning",
        name=Text(zh="计划生育", en="Family planning"),
        keywords=("计生", "生育", "母婴", "托育", "birth", "maternity", "childcare"),
        anonymous_allowed=False,
        first_response=_days(1),
        resolution=_days(10),
        evidence_kinds=("record",),
    ),
    StandardAffair(
        affair_id="culture-sports",
        name=Text(zh="文化体育", en="Culture and sports"),
        keywords=("文化", "体育", "健身", "活动", "图书", "library", "fitness", "course"),
        anonymous_allowed=True,
        first_response=_days(2),
        resolution=_days(10),
        evidence_kinds=("photo",),
    ),
    StandardAffair(
        affair_id="public-security",
        name=Text(zh="社会治安", en="Public security"),
        keywords=("治安", "安全", "纠纷", "噪音", "safety", "dispute", "noise"),
        anonymous_allowed=True,
        first_response=_hours(1),
        resolution=_hours(72),
        evidence_kinds=("record",),
    ),
    StandardAffair(
        affair_id="environment",
        name=Text(zh="环境卫生", en="Environment"),
        keywords=("环境", "垃圾", "绿化", "污水", "rubbish", "waste", "street cleaning"),
        anonymous_allowed=True,
        first_response=_days(1),
        resolution=_days(5),
        evidence_kinds=("photo",),
    ),
    StandardAffair(
        affair_id="housekeeping",
        name=Text(zh="家政服务", en="Housekeeping"),
        keywords=("家政", "保洁", "维修", "上门", "cleaning", "repair", "home help"),
        anonymous_allowed=False,
        first_response=_days(1),
        resolution=_days(5),
        evidence_kinds=("signature",),
    ),
)
