"""A batch of letters is gathered once, and printed as often as somebody needs it."""

from datetime import UTC, datetime

from libs.testkit.deciders import deciding
from services.identity.domain.letters import (
    LETTERS,
    GatherLetters,
    LettersGathered,
    LettersPrinted,
    LetterTo,
    RecordPrinted,
)

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
MEI, HUA = (
    LetterTo(resident_id="mei", delivery_ids=("d1", "d2")),
    LetterTo(resident_id="hua", delivery_ids=("d3",)),
)
GATHERED = LettersGathered(batch="7", letters=(MEI,), gathered_at=AT)
PRINTED = LettersPrinted(batch="7", printed_at=AT)
given = deciding(LETTERS)


def test_letters_are_gathered() -> None:
    given().when(GatherLetters(batch="7", letters=(MEI,), at=AT)).then(GATHERED)


def test_of_two_that_gather_at_once_one_does() -> None:
    given(GATHERED).when(GatherLetters(batch="7", letters=(HUA,), at=AT)).then()


def test_what_was_gathered_is_printed_and_printed_again() -> None:
    given(GATHERED).when(RecordPrinted(batch="7", at=AT)).then(PRINTED)
    given(GATHERED, PRINTED).when(RecordPrinted(batch="7", at=AT)).then(PRINTED)


def test_what_was_never_gathered_was_not_printed() -> None:
    given().when(RecordPrinted(batch="7", at=AT)).then()
