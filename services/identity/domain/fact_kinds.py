"""Which facts are kept of buildings, dwellings, households and people; their values; how long they hold."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from libs.ledger.decider import Refusal
from services.identity.domain import household_refusals as refusals

MOST_TAGS = 10
LONGEST_NOTE = 500


class SubjectKind(StrEnum):
    """What a fact is about."""

    BUILDING = "building"
    DWELLING = "dwelling"
    HOUSEHOLD = "household"
    MEMBER = "member"

    @property
    def is_of_people(self) -> bool:
        """Whether its facts are personal data: the household and each member have keys of their own."""
        return self in {SubjectKind.HOUSEHOLD, SubjectKind.MEMBER}


class FactKind(StrEnum):
    """What is known of something."""

    YEAR_BUILT = "year_built"
    STOREYS = "storeys"
    LIFTS = "lifts"
    ROOMS = "rooms"
    FLOOR_AREA = "floor_area"
    VACANT = "vacant"
    HOUSEHOLD_SIZE = "household_size"
    TENURE = "tenure"
    HOUSEHOLD_LANGUAGES = "household_languages"
    INCOME_SUPPORT = "income_support"
    NOTE = "note"
    LIVES_ALONE = "lives_alone"
    BEDRIDDEN = "bedridden"
    DISABLED = "disabled"
    INFANT = "infant"
    PREGNANT = "pregnant"
    CHRONIC_ILLNESS = "chronic_illness"
    EMPLOYED = "employed"
    LANGUAGES = "languages"


class Source(StrEnum):
    """Where a fact comes from."""

    VISIT = "visit"
    REGISTER = "register"
    SELF_DECLARED = "self_declared"
    OTHER_BODY = "other_body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a fact is about, which values it may have, and how old it may be.

    `most`: it is a whole number up to that; `words`: it is one of these. With neither it is a list of tags,
    or, if it is not counted, free text. `holds`: None for what does not change by itself.
    """

    subject: SubjectKind
    most: int = 0
    words: tuple[str, ...] = ()
    holds: timedelta | None = None
    counted: bool = True


_YES_NO = ("no", "yes")
_TENURES = ("employer", "owned", "public_rental", "rented", "with_relatives")
_YEAR = timedelta(days=365)
_OF_BUILDING = {
    FactKind.YEAR_BUILT: Rule(subject=SubjectKind.BUILDING, most=2200),
    FactKind.STOREYS: Rule(subject=SubjectKind.BUILDING, most=200),
    FactKind.LIFTS: Rule(subject=SubjectKind.BUILDING, most=100, holds=5 * _YEAR),
}
_OF_DWELLING = {
    FactKind.ROOMS: Rule(subject=SubjectKind.DWELLING, most=100),
    FactKind.FLOOR_AREA: Rule(subject=SubjectKind.DWELLING, most=10_000),
    FactKind.VACANT: Rule(subject=SubjectKind.DWELLING, words=_YES_NO, holds=_YEAR),
}
_OF_HOUSEHOLD = {
    FactKind.HOUSEHOLD_SIZE: Rule(subject=SubjectKind.HOUSEHOLD, most=50, holds=_YEAR),
    FactKind.TENURE: Rule(subject=SubjectKind.HOUSEHOLD, words=_TENURES, holds=2 * _YEAR),
    FactKind.HOUSEHOLD_LANGUAGES: Rule(subject=SubjectKind.HOUSEHOLD),
    FactKind.INCOME_SUPPORT: Rule(subject=SubjectKind.HOUSEHOLD, words=_YES_NO, holds=_YEAR),
    FactKind.NOTE: Rule(subject=SubjectKind.HOUSEHOLD, holds=_YEAR, counted=False),
}
_OF_MEMBER = {
    FactKind.LIVES_ALONE: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=_YEAR / 2),
    FactKind.BEDRIDDEN: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=_YEAR / 2),
    FactKind.DISABLED: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=2 * _YEAR),
    FactKind.INFANT: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=_YEAR),
    FactKind.PREGNANT: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=_YEAR / 2),
    FactKind.CHRONIC_ILLNESS: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=2 * _YEAR),
    FactKind.EMPLOYED: Rule(subject=SubjectKind.MEMBER, words=_YES_NO, holds=_YEAR),
    FactKind.LANGUAGES: Rule(subject=SubjectKind.MEMBER),
}
RULES = _OF_BUILDING | _OF_DWELLING | _OF_HOUSEHOLD | _OF_MEMBER


def value_of(kind: FactKind, text: str) -> str:
    """A value in its normal form. Refuses FACT_VALUE_UNFIT."""
    rule = RULES[kind]
    if rule.most:
        return _whole_number(kind, text, rule.most)
    if rule.words:
        return _one_of(kind, text, rule.words)
    return _tags(kind, text) if rule.counted else _note(kind, text)


def _whole_number(kind: FactKind, text: str, most: int) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise _unfit(kind, f"give a whole number from 0 to {most}")
    return str(int(text))


def _one_of(kind: FactKind, text: str, words: tuple[str, ...]) -> str:
    word = text.casefold()
    if word not in words:
        raise _unfit(kind, f"give one of {', '.join(words)}")
    return word


def _tags(kind: FactKind, text: str) -> str:
    tags = sorted({tag for each in text.casefold().split(",") if (tag := each.strip())})
    if not 0 < len(tags) <= MOST_TAGS or not all(tag.replace("-", "").isalnum() for tag in tags):
        raise _unfit(kind, f"give one to {MOST_TAGS} tags, joined by commas, such as en,zh")
    return ",".join(tags)


def _note(kind: FactKind, text: str) -> str:
    if not 0 < len(text) <= LONGEST_NOTE:
        raise _unfit(kind, f"give a text of {LONGEST_NOTE} characters at most")
    return text


def _unfit(kind: FactKind, advice: str) -> Refusal:
    return refusals.fact_value_is_unfit(kind.value, advice)
