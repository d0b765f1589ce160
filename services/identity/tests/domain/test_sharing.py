"""Data are shared between two bodies by two persons, for a period with an end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.identity.application.sharing import collected_twice
from services.identity.domain.data_set import DATA_SET, DataField, DataSetDefined, DefineDataSet
from services.identity.domain.share import (
    LONGEST,
    SHARE,
    Asked,
    AskForShare,
    DecideShare,
    EndShare,
    ShareAsked,
    ShareDecided,
    ShareEnded,
)

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
UNTIL = AT + timedelta(days=90)
DEFINE = DefineDataSet(
    data_set_id="elder-care",
    owner_body_id="civil-affairs",
    name=Text(zh="高龄老人", en="The elderly"),
    fields=(DataField.LIVES_ALONE, DataField.NAME, DataField.NAME),
    legal_basis="Law on the elderly, article 15",
    area_id="north",
    area_path=AreaPath("la/north"),
    at=AT,
)
DEFINED = DataSetDefined(
    data_set_id="elder-care",
    owner_body_id="civil-affairs",
    name=Text(zh="高龄老人", en="The elderly"),
    fields=(DataField.NAME, DataField.LIVES_ALONE),
    legal_basis="Law on the elderly, article 15",
    area_id="north",
    area_path=AreaPath("la/north"),
    defined_at=AT,
)
ASK = AskForShare(
    share_id="s-1",
    data_set_id="elder-care",
    owner_body_id="civil-affairs",
    asking_body_id="health",
    purpose="ASSISTANCE",
    legal_basis="Decree 7",
    area_path=AreaPath("la/north"),
    since=AT,
    until=UNTIL,
    by="hao",
    at=AT,
)
ASKED = ShareAsked(
    share_id="s-1",
    data_set_id="elder-care",
    owner_body_id="civil-affairs",
    asking_body_id="health",
    purpose="ASSISTANCE",
    legal_basis="Decree 7",
    area_path=AreaPath("la/north"),
    since=AT,
    until=UNTIL,
    asked_by="hao",
    asked_at=AT,
)
GRANT = DecideShare(share_id="s-1", granted=True, by="ou", at=AT)
GRANTED = ShareDecided(share_id="s-1", granted=True, decided_by="ou", decided_at=AT)
REFUSED = replace(GRANTED, granted=False)
END = EndShare(share_id="s-1", by="hao", at=AT)
ENDED = ShareEnded(share_id="s-1", ended_by="hao", ended_at=AT)
data_set, share = deciding(DATA_SET), deciding(SHARE)


def test_a_data_set_is_defined_once_with_each_field_once() -> None:
    data_set().when(DEFINE).then(DEFINED)
    data_set(DEFINED).when(replace(DEFINE, at=UNTIL)).then_nothing_happens()
    more = replace(DEFINE, fields=(*DEFINE.fields, DataField.PHONE))
    data_set(DEFINED).when(more).then_refused("DATA_SET_EXISTS", Kind.ALREADY_EXISTS)


@pytest.mark.capability("003.7")
def test_another_body_asks_and_another_person_of_the_owner_decides_once() -> None:
    share().when(ASK).then(ASKED)
    share(ASKED).when(GRANT).then(GRANTED)
    share(ASKED).when(replace(GRANT, granted=False)).then(REFUSED)
    share(ASKED).when(replace(GRANT, by="hao")).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)
    share(ASKED, GRANTED).when(GRANT).then_nothing_happens()
    share(ASKED, REFUSED).when(GRANT).then_refused("SHARE_DECIDED")
    share().when(replace(ASK, asking_body_id="civil-affairs")).then_refused("DATA_SET_YOUR_OWN")
    share().when(GRANT).then_refused("SHARE_UNKNOWN", Kind.NOT_FOUND)


def test_a_share_has_a_period_and_is_not_granted_after_it() -> None:
    for wrong in (
        replace(ASK, until=AT),
        replace(ASK, since=UNTIL),
        replace(ASK, until=AT + LONGEST + timedelta(days=1)),
    ):
        share().when(wrong).then_refused("SHARE_PERIOD_UNFIT", Kind.INVALID)
    share(ASKED).when(replace(GRANT, at=UNTIL)).then_refused("SHARE_PERIOD_UNFIT")


def test_a_share_is_ended_once_and_only_if_it_was_granted() -> None:
    share(ASKED, GRANTED).when(END).then(ENDED)
    share(ASKED, GRANTED, ENDED).when(END).then_nothing_happens()
    share(ASKED).when(END).then_refused("SHARE_NOT_GRANTED")
    share(ASKED, REFUSED).when(END).then_refused("SHARE_NOT_GRANTED")


@pytest.mark.capability("003.7")
def test_it_is_in_force_from_its_beginning_to_its_end_if_it_was_granted_and_not_ended() -> None:
    second = timedelta(seconds=1)
    later = Asked(asked=replace(ASKED, since=AT + second), decided=GRANTED)

    assert not Asked(asked=ASKED).in_force(AT)
    assert not Asked(asked=ASKED, decided=REFUSED).in_force(AT)
    assert [later.in_force(at) for at in (AT, AT + second, UNTIL - second, UNTIL)] == [
        *(False, True, True, False),
    ]
    assert not Asked(asked=ASKED, decided=GRANTED, ended=ENDED).in_force(AT)


@pytest.mark.capability("003.7")
def test_what_two_bodies_collect_of_the_same_people_is_found() -> None:
    of_health = replace(
        DEFINED, data_set_id="patients", owner_body_id="health", fields=(DataField.NAME, DataField.PHONE)
    )
    in_south = replace(of_health, area_id="south", area_path=AreaPath("la/south"))
    everywhere = replace(of_health, area_id="", area_path=AreaPath(""))
    of_its_own = replace(DEFINED, data_set_id="second")

    assert collected_twice([DEFINED, of_health]) == [(DataField.NAME, [DEFINED, of_health])]
    assert collected_twice([DEFINED, everywhere]) == [(DataField.NAME, [DEFINED, everywhere])]
    assert collected_twice([DEFINED, in_south]) == []
    assert collected_twice([DEFINED, of_its_own]) == []
