"""Grants, nominations and consents."""

from datetime import datetime

from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.moments import stamp, stamp_or_none
from services.identity.application.ports import ConsentRow, NominationRow
from services.identity.domain import nomination
from services.identity.domain.access import Grant
from services.identity.domain.consent.situations import Consent, Proposed, Recorded, Unknown
from services.identity.entrypoints.wire.words import CONFIRMATIONS, CONSENT_PURPOSES, OUTCOMES, ROLES


def grant_shown(grant: Grant, confirmed_at: datetime | None = None) -> pb.Grant:
    """A grant, and when it was confirmed last, where that is told."""
    return pb.Grant(
        grant_id=grant.grant_id,
        party_id=grant.party_id,
        role=ROLES.to_wire(grant.role),
        area_id=grant.within.area_id,
        area_path=grant.within.area_path,
        body_id=grant.within.body_id,
        granted_time=stamp(grant.granted_at),
        until_time=stamp_or_none(grant.until),
        confirmed_time=stamp_or_none(confirmed_at),
    )


def nomination_shown(row: NominationRow, now: datetime) -> pb.Nomination:
    """A nomination of the view, as it stands now."""
    return pb.Nomination(
        nomination_id=row.nomination_id,
        party_id=row.party_id,
        role=ROLES.to_wire(row.role),
        area_id=row.within.area_id,
        area_path=row.within.area_path,
        body_id=row.within.body_id,
        state=_nomination_state(row, now),
        nominator_id=row.nominator_id,
        nominated_time=stamp(row.made_at),
        expire_time=stamp(row.expires_at),
        decider_id=row.decider_id,
        decided_time=stamp(row.ended_at) if row.ended_at else None,
    )


def _nomination_state(row: NominationRow, now: datetime) -> types.NominationState.ValueType:
    if row.outcome is not None:
        return OUTCOMES.to_wire(row.outcome)
    return types.NOMINATION_STATE_EXPIRED if now >= row.expires_at else types.NOMINATION_STATE_OPEN


def nomination_state_shown(state: nomination.Made, now: datetime, *, full: bool = False) -> pb.Nomination:
    """A nomination as its stream knows it; `full`: with the reasons."""
    made, ended = state.made, state.ended
    row = NominationRow(
        nomination_id=made.nomination_id,
        party_id=made.party_id,
        role=made.role,
        within=made.within,
        nominator_id=made.nominator_id,
        made_at=made.made_at,
        expires_at=made.expires_at,
        outcome=ended.outcome if ended else None,
        decider_id=ended.decider_id if ended else "",
        ended_at=ended.ended_at if ended else None,
    )
    shown = nomination_shown(row, now)
    if full:
        shown.reason = made.reason.value or ""
        shown.decision_reason = (ended.reason.value if ended else "") or ""
    return shown


def consent_shown(row: ConsentRow) -> pb.Consent:
    """A consent of the view."""
    terms, at_once = row.terms, row.lapses_at is None
    purposes = [CONSENT_PURPOSES.to_wire(each) for each in terms.purposes]
    given = types.CONSENT_STATE_GIVEN if at_once or row.confirmation else types.CONSENT_STATE_PROPOSED
    return pb.Consent(
        consent_id=row.consent_id,
        resident_id=terms.resident_id,
        helper_id=terms.helper_id,
        purpose=purposes[0],
        until_time=stamp(terms.until),
        recorded_time=stamp(row.recorded_at),
        revoked_time=stamp(row.revoked_at) if row.revoked_at else None,
        purposes=purposes,
        within_area_id=terms.within_id,
        state=types.CONSENT_STATE_REVOKED if row.revoked_at else given,
        confirmation=CONFIRMATIONS.to_wire(row.confirmation)
        if row.confirmation
        else types.CONSENT_CONFIRMATION_UNSPECIFIED,
        confirmed_by_id=row.confirmed_by,
        proposed_by_id=row.proposed_by,
        confirmed_time=stamp(row.confirmed_at) if row.confirmed_at else None,
        lapse_time=stamp(row.lapses_at) if row.lapses_at else None,
    )


def consent_state_shown(state: Consent) -> pb.Consent:
    """A consent as its stream knows it."""
    match state:
        case Unknown():
            return pb.Consent()
        case Recorded(recorded=recorded):
            row = ConsentRow(
                consent_id=recorded.consent_id,
                terms=recorded.terms,
                recorded_at=recorded.recorded_at,
                revoked_at=state.revoked_at,
            )
        case Proposed(proposed=proposed, given=given):
            row = ConsentRow(
                consent_id=proposed.consent_id,
                terms=proposed.terms,
                recorded_at=proposed.proposed_at,
                proposed_by=proposed.proposed_by,
                lapses_at=proposed.lapses_at,
                confirmation=given.confirmation if given else None,
                confirmed_by=given.confirmed_by if given else "",
                confirmed_at=given.confirmed_at if given else None,
                revoked_at=state.withdrawn_at,
            )
    return consent_shown(row)
