"""Letters: notices that were printed together, in batches that are numbered one after the other.

Which letters belong to a batch is recorded before anything is printed, so that a run that dies loses nothing:
the next one prints the same batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider

MOST_LETTERS = 1000
"""How many letters are in one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTo:
    """A letter to one person, about all of their deliveries that waited for it."""

    resident_id: str
    delivery_ids: tuple[str, ...]


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersGathered:
    """These letters are printed together. The first has the number 1."""

    batch: str
    letters: tuple[LetterTo, ...]
    gathered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersPrinted:
    """They were written to a file to be printed, for the first time or again."""

    batch: str
    printed_at: datetime


LettersEvent = LettersGathered | LettersPrinted


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No batch has this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The letters of a batch. `printed`: the file was written, and every delivery recorded."""

    batch: LettersGathered
    printed: bool = False


Letters = Unknown | Gathered


# Evolve


def evolve(letters: Letters, event: LettersEvent) -> Letters:
    """The batch after the event."""
    match event:
        case LettersGathered():
            return Gathered(batch=event)
        case LettersPrinted():
            assert isinstance(letters, Gathered)  # noqa: S101  # the first event is LettersGathered
            return replace(letters, printed=True)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherLetters:
    """Print these letters together."""

    batch: str
    letters: tuple[LetterTo, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPrinted:
    """The file was written."""

    batch: str
    at: datetime


LettersCommand = GatherLetters | RecordPrinted


# Decide


def decide(command: LettersCommand, letters: Letters) -> Sequence[LettersEvent]:
    """Letters are gathered once, and printed as often as somebody needs them."""
    match command:
        case GatherLetters(batch=batch, letters=gathered, at=at):
            if not isinstance(letters, Unknown):
                return []
            return [LettersGathered(batch=batch, letters=gathered, gathered_at=at)]
        case RecordPrinted(batch=batch, at=at):
            return [LettersPrinted(batch=batch, printed_at=at)] if isinstance(letters, Gathered) else []


LETTERS: Decider[LettersCommand, Letters, LettersEvent] = Decider(
    category="letters", initial=Unknown(), decide=decide, evolve=evolve
)
