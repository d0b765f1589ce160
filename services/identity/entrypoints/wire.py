"""Between messages and the words of the application, for all rpcs of identity."""

from dataclasses import asdict, fields
from datetime import datetime

from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2
from linli.types.v1.types_pb2 import Point

from libs.rpc.enums import EnumTable
from libs.rpc.limits import quota as quotas
from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.application.ports import (
    AreaRow,
    BodyRow,
    BoundaryRow,
    ClientRow,
    NominationRow,
    StripRow,
    Token,
)
from services.identity.domain import area, body, client, consent, nomination
from services.identity.domain.access import Grant
from services.identity.domain.resident import Registered
from services.identity.domain.values import BodyKind, KeyKind, Level, NaturalKey, Purpose, Quota, Role

KEY_KINDS = EnumTable(types.KeyKind, KeyKind)
LEVELS = EnumTable(types.AreaLevel, Level)
BODY_KINDS = EnumTable(types.BodyKind, BodyKind)
ROLES = EnumTable(access_pb2.Role, Role)
PURPOSES = EnumTable(pb.Purpose, Purpose)
CONSENT_PURPOSES = EnumTable(types.ConsentPurpose, consent.ConsentPurpose)
OUTCOMES = EnumTable(types.NominationState, nomination.Outcome, only_on_wire=frozenset({"OPEN", "EXPIRED"}))


def natural_key_of(key: types.NaturalKey) -> NaturalKey:
    """A natural key."""
    return NaturalKey(KEY_KINDS.from_wire(key.kind), key.value)


def area_shown(shown: AreaRow) -> pb.Area:
    """An area of the view."""
    return pb.Area(
        area_id=shown.area_id,
        parent_id=shown.parent_id,
        level=LEVELS.to_wire(shown.level),
        name=localized(shown.name),
        area_path=shown.path,
        boundary_version=shown.boundary_version,
        boundary=_boundary_shown(shown.boundary) if shown.boundary else None,
    )


def area_state_shown(state: area.Area) -> pb.Area:
    """An area as its stream knows it."""
    if isinstance(state, area.Undefined):
        return pb.Area()
    row = AreaRow(
        area_id=state.area_id,
        parent_id=state.parent_id,
        level=state.level,
        name=state.name,
        path=state.path,
        boundary_version=state.boundary_version,
    )
    return area_shown(row)


def _boundary_shown(boundary: BoundaryRow) -> pb.Boundary:
    until = stamp(boundary.valid_until) if boundary.valid_until else None
    return pb.Boundary(
        version=boundary.version,
        geojson=boundary.geojson,
        valid_from_time=stamp(boundary.valid_from),
        valid_until_time=until,
        note=boundary.note,
    )


def strip_shown(row: StripRow) -> pb.DisputedStrip:
    """A disputed strip."""
    return pb.DisputedStrip(
        area_id=row.area_id,
        area_path=row.area_path,
        other_area_id=row.other_area_id,
        other_area_path=row.other_area_path,
        owner_area_id=row.owner_area_id,
        point=Point(longitude=row.strip.longitude, latitude=row.strip.latitude),
        square_metres=row.strip.square_metres,
        since_time=stamp(row.since),
    )


def resident_shown(person: Registered) -> pb.Resident:
    """A person's data."""
    return pb.Resident(
        resident_id=person.resident_id,
        name=person.name.value or "",
        phone=person.phone.value or "",
        address=person.address.value or "",
        area_id=person.area_id,
        area_path=person.area_path,
        key_kind=KEY_KINDS.to_wire(person.key_kind),
    )


def body_shown(shown: BodyRow | body.Registered) -> pb.Body:
    """A body of the view, or as its stream knows it."""
    key = types.NaturalKey(kind=KEY_KINDS.to_wire(shown.key.kind), value=shown.key.value)
    return pb.Body(
        body_id=shown.body_id,
        kind=BODY_KINDS.to_wire(shown.kind),
        name=localized(shown.name),
        natural_key=key,
        area_id=shown.area_id,
        area_path=shown.area_path,
    )


def body_state_shown(state: body.Body) -> pb.Body:
    """A body as its stream knows it."""
    return pb.Body() if isinstance(state, body.Unregistered) else body_shown(state)


def grant_shown(grant: Grant) -> pb.Grant:
    """A grant."""
    return pb.Grant(
        grant_id=grant.grant_id,
        party_id=grant.party_id,
        role=ROLES.to_wire(grant.role),
        area_id=grant.within.area_id,
        area_path=grant.within.area_path,
        body_id=grant.within.body_id,
        granted_time=stamp(grant.granted_at),
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


def consent_shown(state: consent.Consent) -> pb.Consent:
    """A consent."""
    if isinstance(state, consent.Unknown):
        return pb.Consent()
    given = state.recorded
    return pb.Consent(
        consent_id=given.consent_id,
        resident_id=given.resident_id,
        helper_id=given.helper_id,
        purpose=CONSENT_PURPOSES.to_wire(given.purpose),
        until_time=stamp(given.until),
        recorded_time=stamp(given.recorded_at),
        revoked_time=stamp(state.revoked_at) if state.revoked_at else None,
    )


def client_shown(shown: ClientRow) -> pb.Client:
    """A client of the view."""
    return pb.Client(
        client_id=shown.client_id,
        name=shown.name,
        scopes=shown.scopes,
        area_id=shown.within.area_id,
        area_path=shown.within.area_path,
        body_id=shown.within.body_id,
        retired=shown.retired,
        quota=quota_shown(shown.quota or quotas.usual(shown.scopes, client=True)),
    )


def quota_shown(quota: Quota | quotas.Quota) -> pb.Quota:
    """A quota, of the domain or of a token."""
    return pb.Quota(**asdict(quota))


def quota_of(request: pb.RegisterClientRequest | pb.SetClientQuotaRequest) -> Quota | None:
    """The quota that a request gives; None for the usual."""
    if not request.HasField("quota"):
        return None
    return Quota(**{each.name: getattr(request.quota, each.name) for each in fields(Quota)})


def client_state_shown(state: client.Client) -> pb.Client:
    """A client as its stream knows it."""
    if isinstance(state, client.Unknown):
        return pb.Client()
    active = isinstance(state, client.Active)
    row = ClientRow(
        client_id=state.client_id,
        name=state.name,
        scopes=state.scopes if isinstance(state, client.Active) else (),
        within=state.within,
        retired=not active,
        quota=state.quota if isinstance(state, client.Active) else None,
    )
    return client_shown(row)


def token_shown(token: Token) -> pb.Token:
    """A token, for its holder."""
    return pb.Token(access_token=token.text, expire_time=stamp(token.expires_at), subject_id=token.subject)
