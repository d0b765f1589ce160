"""The names under which identity's events are stored. A name once stored is never removed."""

from libs.ledger.store.mapper import Events
from services.identity.domain import events


def _erased(event: events.ResidentErased) -> tuple[str, ...]:
    return (event.resident_id,)


EVENTS = Events(
    service="identity",
    types={
        "area_defined.v1": events.AreaDefined,
        "boundary_changed.v1": events.BoundaryChanged,
        "body_registered.v1": events.BodyRegistered,
        "resident_registered.v1": events.ResidentRegistered,
        "resident_erased.v1": events.ResidentErased,
        "personal_data_disclosed.v1": events.PersonalDataDisclosed,
        "role_granted.v1": events.RoleGranted,
        "role_revoked.v1": events.RoleRevoked,
        "sessions_revoked.v1": events.SessionsRevoked,
        "login_created.v1": events.LoginCreated,
        "password_set.v1": events.PasswordSet,
        "client_registered.v1": events.ClientRegistered,
        "client_secret_changed.v1": events.ClientSecretChanged,
        "client_scopes_changed.v1": events.ClientScopesChanged,
        "client_retired.v1": events.ClientRetired,
        "signing_key_introduced.v1": events.SigningKeyIntroduced,
        "signing_key_retired.v1": events.SigningKeyRetired,
    },
    erasures={"resident_erased.v1": _erased},
)
