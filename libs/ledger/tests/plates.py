"""Name plates of mailboxes for the tests of claims: of each there is one."""

from libs.ledger.personal import Personal
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.claiming import Claimed
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.streams.claims import Claims
from libs.ledger.tests.mailbox import OwnerForgotten, PlateScrewedOn, PlateTakenOff, PlateUnscrewed, context

PLATE = "the brass plate of number 7"


def of(ledger: Ledger, plate: str = PLATE) -> str | None:
    """Who holds a plate by the table of claims."""
    claims = Claims(ledger, "plate")
    return claims.holder(claims.digest(plate))


def screwed_on(ledger: Ledger, owner: str, plate: str = PLATE) -> PlateScrewedOn:
    """The event by which somebody gets a plate."""
    return PlateScrewedOn(plate=Personal(owner, Claims(ledger, "plate").digest(plate)))


def draft(owner: str, *events: object, after: int = 0) -> Draft:
    """Events of somebody's mailbox."""
    pairs = [(event, context().metadata(utc_now())) for event in events]
    return Draft(stream=f"mailbox-{owner}", expected_version=after, events=pairs)


def screw_on(ledger: Ledger, owner: str, plate: str = PLATE, *, after: int = 0) -> int:
    """Somebody gets a plate; answers where that is recorded. Raises `Claimed`."""
    event = screwed_on(ledger, owner, plate)
    return ledger.append(Append(drafts=[draft(owner, event, after=after)])).positions[-1]


def take_off(ledger: Ledger, owner: str, *, after: int = 1) -> None:
    """Somebody has no plate any more."""
    ledger.append(Append(drafts=[draft(owner, PlateTakenOff(owner=owner), after=after)]))


def unscrew(ledger: Ledger, owner: str, plate: str = PLATE, *, after: int = 1) -> None:
    """Somebody has this plate no more."""
    event = PlateUnscrewed(plate=Personal(owner, Claims(ledger, "plate").digest(plate)))
    ledger.append(Append(drafts=[draft(owner, event, after=after)]))


def forget(ledger: Ledger, owner: str, *, after: int = 1) -> None:
    """Somebody is erased."""
    ledger.append(Append(drafts=[draft(owner, OwnerForgotten(subject=owner), after=after)]))


def hand_on(ledger: Ledger, owner: str, to: str, plate: str = PLATE) -> None:
    """A plate moves to another mailbox, at once."""
    off, on = PlateTakenOff(owner=owner), screwed_on(ledger, to, plate)
    ledger.append(Append(drafts=[draft(owner, off, after=1), draft(to, on)]))


def race(ledger: Ledger, owner: str, plate: str) -> str:
    """Try to get a plate; answers who has it."""
    try:
        screw_on(ledger, owner, plate)
    except Claimed as claimed:
        return claimed.holder
    return owner
