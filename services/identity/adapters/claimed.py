"""What one person, building or resident alone can have: which stored events claim it, and let go of it."""

from libs.ledger.personal import Personal
from libs.ledger.store.claiming import Claiming
from services.identity.domain.building import BuildingRegistered
from services.identity.domain.contact import EmailConfirmed, PhoneConfirmed
from services.identity.domain.invitation import InvitationAccepted
from services.identity.domain.natural_keys import NaturalKeyAdded, NaturalKeyReleased
from services.identity.domain.resident import ResidentErased, ResidentRegistered


def _key(event: ResidentRegistered | NaturalKeyAdded | NaturalKeyReleased) -> tuple[Personal, str]:
    return event.key_digest, event.resident_id


def _releases(event: ResidentErased) -> str:
    return event.resident_id


def _address(event: BuildingRegistered) -> tuple[str, str]:
    return event.address_key, event.building_id


def _contact(event: EmailConfirmed | PhoneConfirmed) -> tuple[Personal, str]:
    return event.digest, event.party_id


def _replaces(event: EmailConfirmed | PhoneConfirmed) -> str:
    return event.party_id


def _invitation(event: InvitationAccepted) -> tuple[str, str]:
    return event.resident_id, event.invitation_id


CLAIMS = (
    Claiming(
        kind="resident",
        holds={"resident_registered.v1": _key, "natural_key_added.v1": _key},
        releases={"resident_erased.v1": _releases},
        gives_up={"natural_key_released.v1": _key},
    ),
    Claiming(kind="building", holds={"building_registered.v1": _address}),
    Claiming(kind="invited", holds={"invitation_accepted.v1": _invitation}),
    Claiming(
        kind="email",
        holds={"email_confirmed.v1": _contact},
        releases={"resident_erased.v1": _releases, "email_confirmed.v1": _replaces},
    ),
    Claiming(
        kind="phone",
        holds={"phone_confirmed.v1": _contact},
        releases={"resident_erased.v1": _releases, "phone_confirmed.v1": _replaces},
    ),
)
