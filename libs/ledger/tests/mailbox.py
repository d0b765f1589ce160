"""A small domain for the tests of the ledger: mailboxes with an owner, and letters."""

from dataclasses import dataclass, replace

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.store.claiming import Claiming
from libs.ledger.store.mapper import Events


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxOpened:
    owner: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPut:
    letter: str
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxEmptied:
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerForgotten:
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateScrewedOn:
    """A name plate that only one mailbox may have."""

    plate: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateTakenOff:
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateUnscrewed:
    """One plate goes; others of the same owner stay."""

    plate: Personal


Event = MailboxOpened | LetterPut | MailboxEmptied | OwnerForgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    owner: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    letter: str
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetOwner:
    pass


Command = Open | Put | Empty | ForgetOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMailbox:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    owner: Personal
    letters: tuple[str, ...] = ()
    texts: tuple[Personal, ...] = ()
    ever: int = 0


State = NoMailbox | Mailbox


def decide(command: Command, state: State) -> list[Event]:
    match state, command:
        case NoMailbox(), Open(owner=owner, name=name):
            return [MailboxOpened(owner=Personal(owner, name))]
        case NoMailbox(), _:
            raise Refusal(Kind.NOT_FOUND, "MAILBOX_UNKNOWN", "Open a mailbox first.")
        case Mailbox(), Open():
            raise Refusal(Kind.ALREADY_EXISTS, "MAILBOX_OPEN", "It is open already.")
        case Mailbox(), Put(letter=letter, text=text):
            return [LetterPut(letter=letter, text=text)]
        case Mailbox(letters=()), Empty():
            return []
        case Mailbox(letters=letters), Empty():
            return [MailboxEmptied(letters=letters)]
        case Mailbox(owner=owner), ForgetOwner():
            return [OwnerForgotten(subject=owner.subject)]
        case _:
            raise AssertionError(command)


def evolve(state: State, event: Event) -> State:
    match state, event:
        case NoMailbox(), MailboxOpened(owner=owner):
            return Mailbox(owner=owner)
        case Mailbox(), LetterPut(letter=letter, text=text):
            texts = (*state.texts, text) if text else state.texts
            return replace(state, letters=(*state.letters, letter), texts=texts, ever=state.ever + 1)
        case Mailbox(), MailboxEmptied():
            return replace(state, letters=(), texts=())
        case Mailbox(), OwnerForgotten(subject=subject):
            return replace(state, owner=Personal(subject, None))
        case _:
            raise AssertionError(event)


INITIAL: State = NoMailbox()
MAILBOX: Decider[Command, State, Event] = Decider(
    category="mailbox", initial=INITIAL, decide=decide, evolve=evolve
)

EVENTS = Events(
    service="post",
    types={
        "mailbox_opened.v1": MailboxOpened,
        "letter_put.v1": LetterPut,
        "mailbox_emptied.v1": MailboxEmptied,
        "owner_forgotten.v1": OwnerForgotten,
        "plate_screwed_on.v1": PlateScrewedOn,
        "plate_taken_off.v1": PlateTakenOff,
        "plate_unscrewed.v1": PlateUnscrewed,
    },
    erasures={"owner_forgotten.v1": lambda event: [event.subject]},
    claims=(
        Claiming(
            kind="plate",
            holds={"plate_screwed_on.v1": lambda event: (event.plate, event.plate.subject)},
            releases={
                "plate_taken_off.v1": lambda event: event.owner,
                "owner_forgotten.v1": lambda event: event.subject,
            },
            gives_up={"plate_unscrewed.v1": lambda event: (event.plate, event.plate.subject)},
        ),
    ),
)


def context(request_id: str | None = None, digest: str = "8c1f", actor: str = "carrier-7") -> Context:
    return Context(actor=actor, request_id=request_id, request_digest=digest if request_id else None)
