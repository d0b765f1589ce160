"""How the terms of a commitment, and lists to choose from, look on the wire, both ways.

For the catalog, which publishes them, and for those who work by them. Workers use it, too: it needs no grpc.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from linli.catalog.v1 import catalog_types_pb2 as types
from linli.catalog.v1.catalog_events_pb2 import CommitmentPublished
from linli.catalog.v1.catalog_service_pb2 import PublishCommitmentRequest
from linli.identity.v1 import identity_types_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.enums import EnumTable
from libs.rules.due import Limit, Unit
from libs.rules.terms import (
    Choice,
    Escalation,
    EscalationLevel,
    Evidence,
    Level,
    MessageLimits,
    PauseReason,
    Pauses,
    Recipient,
    Terms,
    standard,
)

UNITS = EnumTable(types.LimitUnit, Unit)
EVIDENCE = EnumTable(types.EvidenceKind, Evidence)
RECIPIENTS = EnumTable(types.EscalationRecipient, Recipient)
LEVELS = EnumTable(identity.AreaLevel, Level)


_Limit = Literal["answer", "dispatch", "first_response", "resolution", "adjudication"]


def level_of(number: int) -> Level | None:
    """The level of an area; None where an event does not tell it."""
    return LEVELS.from_wire(number) if number else None


def terms_of(given: PublishCommitmentRequest | CommitmentPublished) -> Terms:
    """The terms given, completed by the usual ones (the event has them all)."""

    def limit(field: _Limit) -> Limit | None:
        return _limit_of(getattr(given, field)) if given.HasField(field) else None

    terms = standard(
        answer=limit("answer"),
        dispatch=limit("dispatch"),
        first_response=limit("first_response"),
        resolution=limit("resolution"),
        evidence=tuple(dict.fromkeys(EVIDENCE.from_wire(kind) for kind in given.evidence_kinds)),
    )
    return replace(
        terms,
        adjudication=limit("adjudication") or terms.adjudication,
        pauses=_pauses_of(given.pauses) if given.HasField("pauses") else terms.pauses,
        confirmation_days=given.confirmation_days or terms.confirmation_days,
        reopening_days=given.reopening_days or terms.reopening_days,
        escalation=_escalation_of(given.escalation) if given.HasField("escalation") else terms.escalation,
        reject_reasons=choices_of(given.reject_reasons) or terms.reject_reasons,
        messages=_messages_of(given.message_limits, terms.messages),
    )


def terms_shown(terms: Terms) -> dict[str, Any]:
    """The fields that a commitment and its event have in common."""
    return {
        "answer": limit_shown(terms.answer),
        "dispatch": limit_shown(terms.dispatch),
        "first_response": limit_shown(terms.first_response),
        "resolution": limit_shown(terms.resolution),
        "adjudication": limit_shown(terms.adjudication),
        "pauses": types.Pauses(
            reasons=[
                types.PauseReason(reason=choice_shown(each.reason), limit=limit_shown(each.limit))
                for each in terms.pauses.reasons
            ],
            limit=limit_shown(terms.pauses.limit),
        ),
        "evidence_kinds": [EVIDENCE.to_wire(kind) for kind in terms.evidence],
        "confirmation_days": terms.confirmation_days,
        "reopening_days": terms.reopening_days,
        "escalation": types.Escalation(
            levels=map(_level_shown, terms.escalation.levels),
            acknowledgement=limit_shown(terms.escalation.acknowledgement),
        ),
        "reject_reasons": [choice_shown(each) for each in terms.reject_reasons],
        "message_limits": types.MessageLimits(
            resident=limit_shown(terms.messages.resident),
            community=limit_shown(terms.messages.community),
            department=limit_shown(terms.messages.department),
        ),
    }


def limit_shown(kept: Limit | None) -> types.Limit | None:
    """A limit, or nothing."""
    return None if kept is None else types.Limit(amount=kept.amount, unit=UNITS.to_wire(kept.unit))


def choices_of(given: Iterable[types.Choice]) -> tuple[Choice, ...]:
    """A list to choose from."""
    return tuple(_choice_of(each) for each in given)


def choice_shown(kept: Choice) -> types.Choice:
    """One entry of it."""
    return types.Choice(code=kept.code, label=LocalizedText(zh=kept.zh, en=kept.en))


def _limit_of(given: types.Limit) -> Limit:
    return Limit(amount=given.amount, unit=UNITS.from_wire(given.unit))


def _choice_of(given: types.Choice) -> Choice:
    return Choice(code=given.code, zh=given.label.zh.strip(), en=given.label.en.strip())


def _pauses_of(given: types.Pauses) -> Pauses:
    reasons = (
        PauseReason(reason=_choice_of(each.reason), limit=_limit_of(each.limit)) for each in given.reasons
    )
    return Pauses(reasons=tuple(reasons), limit=_limit_of(given.limit))


def _messages_of(given: types.MessageLimits, usual: MessageLimits) -> MessageLimits:
    def limit(field: Literal["resident", "community", "department"]) -> Limit:
        return _limit_of(getattr(given, field)) if given.HasField(field) else getattr(usual, field)

    return MessageLimits(
        resident=limit("resident"), community=limit("community"), department=limit("department")
    )


def _escalation_of(given: types.Escalation) -> Escalation:
    levels = (
        EscalationLevel(
            recipient=RECIPIENTS.from_wire(each.recipient),
            level=LEVELS.from_wire(each.area_level),
            percent=each.percent,
            after=_limit_of(each.after) if each.HasField("after") else None,
        )
        for each in given.levels
    )
    return Escalation(levels=tuple(levels), acknowledgement=_limit_of(given.acknowledgement))


def _level_shown(kept: EscalationLevel) -> types.EscalationLevel:
    return types.EscalationLevel(
        percent=kept.percent,
        after=limit_shown(kept.after),
        recipient=RECIPIENTS.to_wire(kept.recipient),
        area_level=LEVELS.to_wire(kept.level),
    )
