"""What of a commitment counts for the life of a case: fixed when the case is opened.

Codes and limits only; what they are called in Chinese and English the catalog knows.
"""

from dataclasses import dataclass
from datetime import timedelta

from libs.rules.due import Limit
from libs.rules.terms import (
    MESSAGE_LIMITS,
    OUTCOMES,
    Choice,
    Escalation,
    Evidence,
    MessageLimits,
    Terms,
    standard,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason:
    """Why work may wait, and how long one pause for that reason may take."""

    code: str
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTerms:
    """By which rules the case is worked on and ends."""

    adjudication: Limit
    pause_reasons: tuple[PauseReason, ...]
    pause_limit: Limit
    evidence: tuple[Evidence, ...]
    outcomes: tuple[str, ...]
    reject_reasons: tuple[str, ...]
    confirmation: timedelta
    reopening: timedelta
    escalation: Escalation | None = None  # of an adjudication that begins later; not in older events
    messages: MessageLimits = MESSAGE_LIMITS  # not in older events

    @classmethod
    def of(cls, terms: Terms, outcomes: tuple[Choice, ...]) -> "CaseTerms":
        """Those of the commitment in force, with the outcomes of the affair."""
        return cls(
            adjudication=terms.adjudication,
            pause_reasons=tuple(
                PauseReason(code=each.reason.code, limit=each.limit) for each in terms.pauses.reasons
            ),
            pause_limit=terms.pauses.limit,
            evidence=terms.evidence,
            outcomes=tuple(outcome.code for outcome in outcomes),
            reject_reasons=tuple(reason.code for reason in terms.reject_reasons),
            confirmation=timedelta(days=terms.confirmation_days),
            reopening=timedelta(days=terms.reopening_days),
            escalation=terms.escalation,
            messages=terms.messages,
        )


USUAL = CaseTerms.of(standard(), OUTCOMES)
"""Where nothing is promised, and in events that are older than terms."""
