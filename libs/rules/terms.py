"""The terms of a commitment: what is promised for an affair, and by which rules cases keep the promise.

The catalog publishes them, and cases works by those in force when a case was opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libs.rules.due import Limit, Unit


class Evidence(StrEnum):
    """What proves that a matter is dealt with."""

    PHOTO = "photo"
    DOCUMENT = "document"
    SIGNATURE = "signature"
    READING = "reading"


class Level(StrEnum):
    """A level of the area tree; the first is the highest."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID_CELL = "grid_cell"


class Recipient(StrEnum):
    """Who is told when a limit is not kept."""

    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a list to choose from: its code, and what it is called in Chinese and English."""

    code: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason:
    """Why work may wait, and how long one pause for that reason may take."""

    reason: Choice
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """The reasons for which work may wait, and the limit of all pauses of a case together."""

    reasons: tuple[PauseReason, ...]
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """Who is told of a limit that is not kept, and when: at a share of the limit, or so long after it.

    `percent` of the limit counts from its beginning: 100 is the due moment, 200 as much time again.
    `level` says whose area: the one of that level that the case lies in, or else the next above.
    """

    recipient: Recipient
    level: Level
    percent: int = 0
    after: Limit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """The levels, the earliest first. If one is not acknowledged in time, the next follows at once."""

    levels: tuple[EscalationLevel, ...]
    acknowledgement: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLimits:
    """How long each party of the conversation about a case may leave a message to it without an answer."""

    resident: Limit
    community: Limit
    department: Limit


MESSAGE_LIMITS = MessageLimits(
    resident=Limit(amount=7, unit=Unit.CALENDAR_DAYS),
    community=Limit(amount=3, unit=Unit.CALENDAR_DAYS),
    department=Limit(amount=3, unit=Unit.CALENDAR_DAYS),
)
"""The usual ones, and those of events that are older than such limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All of it. Limits that are None are not promised; all count from the opening of a case.

    `answer`: until somebody has read it. `dispatch`: until a body has it. `adjudication`: how long the
    area that decides may take to name a body for a case that nobody answers for. `confirmation_days`:
    how long the reporter may object to a resolution before the case closes by itself. `reopening_days`:
    how long after its closing a case may be reopened. Both count days of the calendar. `messages`: how long
    an answer in the conversation about a case may take, from the message on.
    """

    answer: Limit | None
    dispatch: Limit | None
    first_response: Limit | None
    resolution: Limit | None
    adjudication: Limit
    pauses: Pauses
    evidence: tuple[Evidence, ...]
    confirmation_days: int
    reopening_days: int
    escalation: Escalation
    reject_reasons: tuple[Choice, ...]
    messages: MessageLimits = MESSAGE_LIMITS  # not in older events

    @property
    def limits(self) -> Sequence[tuple[str, Limit]]:
        """All limits that there are, each with its name."""
        levels = (("escalation.levels", level.after) for level in self.escalation.levels)
        named = (
            ("answer", self.answer),
            ("dispatch", self.dispatch),
            ("first_response", self.first_response),
            ("resolution", self.resolution),
            ("adjudication", self.adjudication),
            ("pauses.limit", self.pauses.limit),
            ("escalation.acknowledgement", self.escalation.acknowledgement),
            ("message_limits.resident", self.messages.resident),
            ("message_limits.community", self.messages.community),
            ("message_limits.department", self.messages.department),
            *levels,
        )
        return [(name, limit) for name, limit in named if limit is not None]


PAUSE_REASONS = (
    Choice(code="reporter", zh="等待诉求人补充", en="Waiting for the reporter"),
    Choice(code="third-party", zh="等待其他单位", en="Waiting for another body"),
    Choice(code="access", zh="无法进入现场", en="No access to the place"),
    Choice(code="weather", zh="天气原因", en="Weather"),
)
REJECT_REASONS = (
    Choice(code="not-ours", zh="不属于受理范围", en="Not a matter for this community"),
    Choice(code="unclear", zh="内容不清，无法联系", en="Unclear, and nobody to ask"),
    Choice(code="in-court", zh="已进入司法或复议程序", en="Before a court or under review"),
    Choice(code="unlawful", zh="请求不合法", en="Unlawful request"),
)
OUTCOMES = (
    Choice(code="resolved", zh="已解决", en="Resolved"),
    Choice(code="explained", zh="已解释说明", en="Explained"),
    Choice(code="referred", zh="已转交其他渠道", en="Referred elsewhere"),
    Choice(code="not-possible", zh="暂无法解决", en="Not possible at present"),
)
"""The outcomes of an affair that names none."""


def standard(
    *,
    first_response: Limit | None = None,
    resolution: Limit | None = None,
    answer: Limit | None = None,
    dispatch: Limit | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Terms:
    """The terms of a commitment that names limits and nothing else.

    One pause may take half as long as the resolution, all together as long as the resolution.
    """
    working = resolution is None or resolution.unit.counts_work
    day = _days(1) if working else Limit(amount=4, unit=Unit.CALENDAR_HOURS)
    pause = resolution or _days(10)
    half = Limit(amount=(pause.amount + 1) // 2, unit=pause.unit)
    return Terms(
        answer=answer,
        dispatch=dispatch,
        first_response=first_response,
        resolution=resolution,
        adjudication=_days(2) if working else Limit(amount=12, unit=Unit.CALENDAR_HOURS),
        pauses=Pauses(
            reasons=tuple(PauseReason(reason=reason, limit=half) for reason in PAUSE_REASONS), limit=pause
        ),
        evidence=evidence,
        confirmation_days=7,
        reopening_days=30,
        escalation=Escalation(
            levels=(
                EscalationLevel(percent=100, recipient=Recipient.DISPATCHER, level=Level.STREET),
                EscalationLevel(percent=150, recipient=Recipient.DISPATCHER, level=Level.DISTRICT),
                EscalationLevel(percent=200, recipient=Recipient.SUPERVISOR, level=Level.CITY),
            ),
            acknowledgement=day,
        ),
        reject_reasons=REJECT_REASONS,
    )


def of_limits(fields: Mapping[str, Any]) -> Terms:
    """The terms of an older event, which said two limits and maybe evidence (in words of its own)."""
    first, last = (
        Limit(amount=said["amount"], unit=Unit(said["unit"])) if said else None
        for said in (fields["first_response"], fields["resolution"])
    )
    evidence = tuple(kind for kind in Evidence if kind in fields.get("evidence_kinds", ()))
    return standard(first_response=first, resolution=last, evidence=evidence)


def _days(amount: int) -> Limit:
    return Limit(amount=amount, unit=Unit.WORKING_DAYS)
