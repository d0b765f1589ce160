"""The nine affairs that the studies of smart communities name, ready to be loaded [004.5].

Names and keywords are those of the studies. The limits are a starting point in the order of what Chinese
12345 hotlines promise, not a rule: an operator publishes the next version with those in force here.
"""

from dataclasses import dataclass

from libs.ledger.text import Text
from libs.rules.due import Limit, Unit
from libs.rules.terms import OUTCOMES, Choice, Evidence, Terms, standard
from services.catalog.domain.working_time import Hours, OfficialDays, WeekdayHours, WorkingTime

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
    terms: Terms
    outcomes: tuple[Choice, ...] = OUTCOMES


def working_time(zone: str) -> WorkingTime:
    """Monday to Friday, 9 to 12 and 14 to 18; in China's zone with its official days.

    Elsewhere holidays differ by year and place: the operator adds them.
    """
    day = (Hours(start=9 * 60, until=12 * 60), Hours(start=14 * 60, until=18 * 60))
    return WorkingTime(
        zone=zone,
        week=tuple(WeekdayHours(weekday=weekday, hours=day) for weekday in range(1, 6)),
        official=OfficialDays.CHINA if zone == ZONE else None,
    )


def _in_days(first_response: int, resolution: int, evidence: Evidence) -> Terms:
    """Read and dispatched within half a day of work; the other limits are in working days."""
    half_a_day = Limit(amount=4, unit=Unit.WORKING_HOURS)
    return standard(
        answer=half_a_day,
        dispatch=half_a_day,
        first_response=Limit(amount=first_response, unit=Unit.WORKING_DAYS),
        resolution=Limit(amount=resolution, unit=Unit.WORKING_DAYS),
        evidence=(evidence,),
    )


def _in_hours(first_response: int, resolution: int, evidence: Evidence) -> Terms:
    """Day and night; read and dispatched within an hour."""
    hour = Limit(amount=1, unit=Unit.CALENDAR_HOURS)
    return standard(
        answer=hour,
        dispatch=hour,
        first_response=Limit(amount=first_response, unit=Unit.CALENDAR_HOURS),
        resolution=Limit(amount=resolution, unit=Unit.CALENDAR_HOURS),
        evidence=(evidence,),
    )


def _choice(code: str, zh: str, en: str) -> Choice:
    return Choice(code=code, zh=zh, en=en)


_OF_ASSISTANCE = (
    _choice("granted", "已予救助", "Granted"),
    _choice("not-entitled", "不符合条件", "Not entitled"),
    _choice("explained", "已解释说明", "Explained"),
    _choice("referred", "已转交其他渠道", "Referred elsewhere"),
)
_OF_SECURITY = (
    _choice("ended", "已制止、消除", "Ended"),
    _choice("mediated", "已调解", "Mediated"),
    _choice("police", "已移交公安机关", "Handed to the police"),
    _choice("unfounded", "经查不属实", "Looked into and not confirmed"),
)


STANDARD_AFFAIRS = (
    StandardAffair(
        affair_id="employment",
        name=Text(zh="就业服务", en="Employment"),
        keywords=("就业", "招聘", "失业", "培训", "job", "work", "training"),
        anonymous_allowed=False,
        terms=_in_days(1, 10, Evidence.DOCUMENT),
    ),
    StandardAffair(
        affair_id="assistance",
        name=Text(zh="社会救助", en="Social assistance"),
        keywords=("救助", "低保", "困难家庭", "残疾人", "welfare", "disability", "hardship"),
        anonymous_allowed=False,
        terms=_in_days(1, 20, Evidence.DOCUMENT),
        outcomes=_OF_ASSISTANCE,
    ),
    StandardAffair(
        affair_id="pension",
        name=Text(zh="养老服务", en="Pension and care for the elderly"),
        keywords=("养老", "老年人", "养老金", "助餐", "elderly", "old age", "retirement"),
        anonymous_allowed=False,
        terms=_in_days(1, 10, Evidence.DOCUMENT),
    ),
    StandardAffair(
        affair_id="epidemic-prevention",
        name=Text(zh="卫生防疫", en="Epidemic prevention"),
        keywords=("防疫", "疫苗", "消毒", "传染病", "vaccination", "disinfection", "health"),
        anonymous_allowed=True,
        terms=_in_hours(2, 24, Evidence.DOCUMENT),
    ),
    StandardAffair(
        affair_id="family-planning",
        name=Text(zh="计划生育", en="Family planning"),
        keywords=("计生", "生育", "母婴", "托育", "birth", "maternity", "childcare"),
        anonymous_allowed=False,
        terms=_in_days(1, 10, Evidence.DOCUMENT),
    ),
    StandardAffair(
        affair_id="culture-sports",
        name=Text(zh="文化体育", en="Culture and sports"),
        keywords=("文化", "体育", "健身", "活动", "图书", "library", "fitness", "course"),
        anonymous_allowed=True,
        terms=_in_days(2, 10, Evidence.PHOTO),
    ),
    StandardAffair(
        affair_id="public-security",
        name=Text(zh="社会治安", en="Public security"),
        keywords=("治安", "安全", "纠纷", "噪音", "safety", "dispute", "noise"),
        anonymous_allowed=True,
        terms=_in_hours(1, 72, Evidence.DOCUMENT),
        outcomes=_OF_SECURITY,
    ),
    StandardAffair(
        affair_id="environment",
        name=Text(zh="环境卫生", en="Environment"),
        keywords=("环境", "垃圾", "绿化", "污水", "rubbish", "waste", "street cleaning"),
        anonymous_allowed=True,
        terms=_in_days(1, 5, Evidence.PHOTO),
    ),
    StandardAffair(
        affair_id="housekeeping",
        name=Text(zh="家政服务", en="Housekeeping"),
        keywords=("家政", "保洁", "维修", "上门", "cleaning", "repair", "home help"),
        anonymous_allowed=False,
        terms=_in_days(1, 5, Evidence.SIGNATURE),
    ),
)
