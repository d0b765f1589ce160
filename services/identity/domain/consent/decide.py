"""A consent has an end, is confirmed by another than who profits by it, and is revoked once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import consent_refusals, refusals
from services.identity.domain.consent.commands import (
    ConfirmConsent,
    ConsentCommand,
    ProposeConsent,
    RecordConsent,
    RevokeConsent,
)
from services.identity.domain.consent.events import (
    Confirmation,
    ConsentCodeRefused,
    ConsentEvent,
    ConsentGiven,
    ConsentProposed,
    ConsentPurpose,
    ConsentRecorded,
    ConsentRevoked,
    ConsentWithdrawn,
)
from services.identity.domain.consent.situations import Consent, Proposed, Recorded, Unknown, evolve

LONGEST = timedelta(days=366)
"""How long a consent may last."""
TO_CONFIRM = timedelta(days=1)
"""Within which a consent that was proposed is confirmed: what was read to somebody is soon forgotten."""
WRONG_CODES = 5
"""So many wrong codes, and the code counts no more: one of 200,000 who guess would hit it."""


def decide(command: ConsentCommand, consent: Consent) -> Sequence[ConsentEvent]:
    """A consent has an end, is confirmed by another than who profits by it, and is revoked once."""
    match command:
        case RecordConsent():
            return [_recorded(command)] if isinstance(consent, Unknown) else []
        case ProposeConsent():
            return [_proposed(command)] if isinstance(consent, Unknown) else []
        case ConfirmConsent():
            if not isinstance(consent, Proposed):
                raise refusals.consent_is_unknown(command.consent_id)
            return [] if consent.given and not consent.withdrawn_at else [_confirmed(command, consent)]
        case RevokeConsent():
            return _revoked(command, consent)


def _check_terms(helper_id: str, others: tuple[str, ...], until: datetime, at: datetime) -> None:
    if helper_id in others:
        raise refusals.not_for_yourself()
    if not at < until <= at + LONGEST:
        raise refusals.consent_period_is_unfit()


def _recorded(command: RecordConsent) -> ConsentRecorded:
    _check_terms(command.helper_id, (command.by, command.resident_id), command.until, command.at)
    return ConsentRecorded(
        consent_id=command.consent_id,
        resident_id=command.resident_id,
        helper_id=command.helper_id,
        purpose=command.purpose,
        area_id=command.area_id,
        area_path=command.area_path,
        recorded_at=command.at,
        until=command.until,
    )


def _proposed(command: ProposeConsent) -> ConsentProposed:
    terms = command.terms
    _check_terms(terms.helper_id, (terms.resident_id,), terms.until, command.at)
    return ConsentProposed(
        consent_id=command.consent_id,
        terms=replace(terms, purposes=tuple(sorted(set(terms.purposes), key=list(ConsentPurpose).index))),
        proposed_by=command.by,
        proposed_at=command.at,
        lapses_at=min(command.at + TO_CONFIRM, terms.until),
    )


def _confirmed(command: ConfirmConsent, consent: Proposed) -> ConsentGiven | ConsentCodeRefused:
    proposed, terms = consent.proposed, consent.proposed.terms
    if consent.withdrawn_at is not None:
        raise consent_refusals.consent_is_revoked()
    if command.at >= proposed.lapses_at:
        raise consent_refusals.consent_has_lapsed()
    _check_way(command)
    if command.by in _barred(command.confirmation, proposed):
        raise refusals.not_for_yourself()
    if command.confirmation is Confirmation.IN_PERSON and command.by != terms.resident_id:
        raise refusals.not_for_yourself()
    if command.confirmation is Confirmation.CODE:
        if consent.wrong_codes >= WRONG_CODES:
            raise consent_refusals.code_is_spent()
        if not compare_digest(command.code.encode(), command.sent.encode()):
            return ConsentCodeRefused(consent_id=command.consent_id, given_by=command.by, given_at=command.at)
    return ConsentGiven(
        consent_id=command.consent_id,
        terms=terms,
        confirmation=command.confirmation,
        confirmed_by=command.by,
        confirmed_at=command.at,
        signature=Personal(terms.resident_id, command.signature) if command.signature else None,
    )


def _check_way(command: ConfirmConsent) -> None:
    """Each way of confirming has what shows it, and nothing of another."""
    by_code = command.confirmation is Confirmation.CODE
    by_signature = command.confirmation is Confirmation.SIGNATURE
    if bool(command.code) != by_code or bool(command.signature) != by_signature:
        raise consent_refusals.confirmation_is_unfit()


def _barred(way: Confirmation, proposed: ConsentProposed) -> tuple[str, ...]:
    """Who cannot say that the resident confirmed it in this way."""
    terms = proposed.terms
    match way:
        case Confirmation.IN_PERSON | Confirmation.CODE:
            return ()
        case Confirmation.SIGNATURE:
            return (terms.helper_id, terms.resident_id)
        case Confirmation.SECOND_PERSON:
            return (terms.helper_id, terms.resident_id, proposed.proposed_by)


def _revoked(command: RevokeConsent, consent: Consent) -> Sequence[ConsentEvent]:
    match consent:
        case Unknown():
            raise refusals.consent_is_unknown(command.consent_id)
        case Recorded(recorded=recorded):
            revoked = ConsentRevoked(
                consent_id=recorded.consent_id,
                resident_id=recorded.resident_id,
                area_id=recorded.area_id,
                area_path=recorded.area_path,
                revoked_at=command.at,
            )
            return [] if consent.revoked_at else [revoked]
        case Proposed(proposed=proposed):
            withdrawn = ConsentWithdrawn(
                consent_id=proposed.consent_id,
                resident_id=proposed.terms.resident_id,
                home_id=proposed.terms.home_id,
                home_path=proposed.terms.home_path,
                withdrawn_at=command.at,
            )
            return [] if consent.withdrawn_at else [withdrawn]


CONSENT: Decider[ConsentCommand, Consent, ConsentEvent] = Decider(
    category="consent", initial=Unknown(), decide=decide, evolve=evolve
)
