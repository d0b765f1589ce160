"""How each number of the scoreboard is counted: definitions with a name and a version, and the rates.

A definition is never changed under its name: a new version stands beside the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.supervision.domain.values import OPEN_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A name with its version, and the definition in Chinese and English."""

    name: str
    zh: str
    en: str


ON_TIME_RATE = Metric(
    name="on_time_rate.v1",
    zh="有解决期限承诺的已解决或已办结案件中，最后一次解决不晚于到期时刻（含该时刻）的案件所占比例。"
    "尚未解决、撤回、不予受理及无承诺的案件不计入；未解决而已过期的案件另计为“逾期”，暂停期间不计逾期。",
    en="Of the cases that are resolved or closed and had a promise for their resolution: the share whose "
    "last resolution came no later than the due moment (that moment itself is on time). Open, withdrawn and "
    "rejected cases and those without a promise do not count; open cases past due are counted apart as "
    "overdue, a paused case only if its due moment had passed when the pause began.",
)
TIME_TO_CLOSE = Metric(
    name="time_to_close.v1",
    zh="已办结案件从受理到最后一次办结的整秒数（舍去小数）。百分位数p取排序后最小的、使至少p%的案件不超过它的实际值。",
    en="Of the cases that are closed: whole seconds (fractions dropped) from the opening to the last "
    "closing. The p-th percentile is the smallest observed value that at least p percent of the cases "
    "do not exceed.",
)
REOPEN_RATE = Metric(
    name="reopen_rate.v1",
    zh="曾被解决过的案件中，至少重新办理过一次的案件所占比例。",
    en="Of the cases that were ever resolved: the share taken up again at least once.",
)
RETURN_RATE = Metric(
    name="return_rate.v1",
    zh="全部案件中，至少被退回过一次的案件所占比例。按单位分组时：曾交给该单位的案件中，由该单位退回过的案件所占比例。",
    en="Of all cases: the share sent back at least once. Grouped by body: of the cases ever given to the "
    "body, the share that this body sent back, whoever has them now.",
)
AVERAGE_RATING = Metric(
    name="average_rating.v1",
    zh="所有评价星级（1至5）的平均值，每份评价权重相同。",
    en="The mean of all stars given (1 to 5), each rating counting the same.",
)

METRICS = (ON_TIME_RATE, TIME_TO_CLOSE, REOPEN_RATE, RETURN_RATE, AVERAGE_RATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One group of cases, counted as the metrics define; `states` has the number of cases by state."""

    group_id: str
    states: Mapping[str, int]
    on_time: int = 0
    late: int = 0
    without_promise: int = 0
    overdue: int = 0
    median_close_seconds: int | None = None
    p90_close_seconds: int | None = None
    ever_resolved: int = 0
    reopened: int = 0
    given: int = 0
    returned: int = 0
    first_response_breached: int = 0
    resolution_breached: int = 0
    ratings: int = 0
    stars: int = 0

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Those neither resolved nor ended."""
        return sum(self.states.get(state.value, 0) for state in OPEN_STATES)

    @property
    def on_time_rate(self) -> float | None:
        """`on_time_rate.v1`."""
        return _share(self.on_time, self.on_time + self.late)

    @property
    def reopen_rate(self) -> float | None:
        """`reopen_rate.v1`."""
        return _share(self.reopened, self.ever_resolved)

    @property
    def return_rate(self) -> float | None:
        """`return_rate.v1`; `given` is all cases, or grouped by body those ever given to it."""
        return _share(self.returned, self.given)

    @property
    def average_rating(self) -> float | None:
        """`average_rating.v1`."""
        return _share(self.stars, self.ratings)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
