"""Facts are told, and never overwritten; what holds at a moment follows from all that was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.fact_kinds import RULES, FactKind, Source, SubjectKind, value_of
from services.identity.domain.facts import (
    FACTS,
    Facts,
    FactsTold,
    TellFacts,
    Told,
    as_seen_by_member,
    in_words,
)

AT = datetime(2024, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOUSEHOLD, WORKER, BODY = some_id("household"), some_id("worker"), "police"
given = deciding(FACTS)


def size(value: str, *, settles: bool = False) -> Told:
    return Told(kind=FactKind.HOUSEHOLD_SIZE, value=value, settles=settles)


def told(*facts: Told, at: datetime = AT, source: Source = Source.VISIT, body_id: str = "") -> FactsTold:
    return FactsTold(
        subject_kind=SubjectKind.HOUSEHOLD,
        subject_id=HOUSEHOLD,
        source=source,
        body_id=body_id,
        observed_at=at,
        told_by=WORKER,
        of_things="",
        of_people=Personal(HOUSEHOLD, in_words(facts)),
        area_path=AreaPath("la/cell-1"),
    )


def test_a_member_sees_of_their_household_what_was_told_in_their_time_and_no_notes_of_staff() -> None:
    note = Told(kind=FactKind.NOTE, value="shouts at night")
    told_once = Facts(
        told=(
            told(size("1")),
            told(size("2"), note, at=AT + DAY),
            told(note, at=AT + DAY),
            told(replace(note, value="ring twice"), at=AT + DAY, source=Source.SELF_DECLARED),
        )
    )

    seen = as_seen_by_member(told_once, AT + DAY)

    assert [each.told.value for each in seen.statements] == ["2", "ring twice"]


TELL = TellFacts(
    subject_kind=SubjectKind.HOUSEHOLD,
    subject_id=HOUSEHOLD,
    source=Source.VISIT,
    body_id="",
    observed_at=AT,
    told_by=WORKER,
    told=(size("3"),),
    area_path=AreaPath("la/cell-1"),
    at=AT,
)


def holds(*events: FactsTold, at: datetime = AT) -> tuple[str, list[str], bool]:
    """The newest household size, what contradicts it, whether it is stale."""
    standing = FACTS.fold(events).standing(at)[FactKind.HOUSEHOLD_SIZE]
    return standing.newest.told.value, [each.told.value for each in standing.contradicting], standing.stale


@pytest.mark.capability("004.9")
def test_what_is_told_of_people_is_enciphered_as_a_whole() -> None:
    given().when(TELL).then(told(size("3")))


def test_what_is_told_of_things_is_in_the_clear() -> None:
    rooms = Told(kind=FactKind.ROOMS, value="03")
    command = replace(TELL, subject_kind=SubjectKind.DWELLING, subject_id="dwelling-1", told=(rooms,))

    [event] = FACTS.decide(command, Facts())

    assert (event.of_people, event.of_things) == (None, '[["rooms", "3", false]]')


def test_the_same_form_twice_tells_it_once_and_a_form_with_more_only_what_is_new() -> None:
    tenure = Told(kind=FactKind.TENURE, value="owned")

    given(told(size("3"))).when(TELL).then()
    given(told(size("3"))).when(replace(TELL, told=(size("3"), tenure))).then(told(tenure))


def test_a_visit_that_has_not_been_tells_nothing() -> None:
    given().when(replace(TELL, observed_at=AT + DAY)).then_refused("NOT_YET")


def test_a_fact_of_something_else_is_refused() -> None:
    rooms = Told(kind=FactKind.ROOMS, value="3")

    given().when(replace(TELL, told=(rooms,))).then_refused("FACT_SUBJECT_UNFIT")


def test_forms_that_come_late_take_their_place_in_time() -> None:
    late = told(size("2"), at=AT - 9 * DAY)

    assert holds(told(size("3")), late) == ("3", [], False)
    assert holds(told(size("3")), late, at=AT - DAY) == ("2", [], False)


@pytest.mark.capability("004.9")
def test_sources_that_tell_different_things_contradict_each_other() -> None:
    register = told(size("4"), at=AT - 90 * DAY, source=Source.REGISTER)

    assert holds(register, told(size("3"))) == ("3", ["4"], False)
    assert holds(register, told(size("4"))) == ("4", [], False)


def test_two_bodies_are_two_sources() -> None:
    one = told(size("4"), source=Source.OTHER_BODY, body_id=BODY)
    other = told(size("5"), source=Source.OTHER_BODY, body_id="school", at=AT + DAY)

    assert holds(one, other, at=AT + DAY) == ("5", ["4"], False)


def test_a_source_that_changes_its_mind_does_not_contradict_itself() -> None:
    assert holds(told(size("2"), at=AT - DAY), told(size("3"))) == ("3", [], False)


def test_what_is_too_old_contradicts_nothing() -> None:
    register = told(size("4"), at=AT - 400 * DAY, source=Source.REGISTER)

    assert holds(register, told(size("3"))) == ("3", [], False)


def test_who_knows_better_settles_it_until_somebody_tells_something_else_again() -> None:
    register = told(size("4"), at=AT - 90 * DAY, source=Source.REGISTER)
    settled = told(size("3", settles=True))
    again = told(size("4"), at=AT + DAY, source=Source.REGISTER)

    assert holds(register, settled) == ("3", [], False)
    assert holds(register, settled, again, at=AT + DAY) == ("4", ["3"], False)


@pytest.mark.capability("004.9")
def test_a_fact_grows_stale_at_the_end_of_its_time_and_not_before() -> None:
    period = RULES[FactKind.HOUSEHOLD_SIZE].holds
    assert period is not None

    assert holds(told(size("3")), at=AT + period) == ("3", [], False)
    assert holds(told(size("3")), at=AT + period + DAY) == ("3", [], True)


def test_of_the_erased_nothing_is_left() -> None:
    erased = replace(told(size("3")), of_people=Personal(HOUSEHOLD, None))

    assert FACTS.fold([erased]).standing(AT) == {}


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (FactKind.ROOMS, "007", "7"),
        (FactKind.VACANT, "Yes", "yes"),
        (FactKind.TENURE, "RENTED", "rented"),
        (FactKind.LANGUAGES, "zh, EN ,en,", "en,zh"),
        (FactKind.NOTE, "the dog bites", "the dog bites"),
    ],
)
def test_a_value_has_one_form(kind: FactKind, written: str, value: str) -> None:
    assert value_of(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (FactKind.ROOMS, "-1"),
        (FactKind.ROOMS, "three"),
        (FactKind.ROOMS, "٣"),
        (FactKind.ROOMS, "101"),
        (FactKind.VACANT, "perhaps"),
        (FactKind.TENURE, "squatted"),
        (FactKind.LANGUAGES, ", ,"),
        (FactKind.LANGUAGES, "he said: no"),
        (FactKind.NOTE, "x" * 501),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_not_repeated(kind: FactKind, written: str) -> None:
    command = replace(TELL, subject_kind=RULES[kind].subject, told=(Told(kind=kind, value=written),))

    given().when(command).then_refused("FACT_VALUE_UNFIT")
