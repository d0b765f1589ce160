"""Enums of the domain and of the wire: matched by name, and complete both ways."""

from enum import Enum

import pytest
from linli.catalog.v1 import catalog_types_pb2 as pb

from libs.rpc.enums import EnumTable, EnumWords


class Unit(Enum):
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"
    CALENDAR_HOURS = "ch"
    CALENDAR_DAYS = "cd"


class Short(Enum):
    WORKING_HOURS = "wh"


class Renamed(Enum):
    OFFICE_HOURS = "wh"
    WORKING_DAYS = "wd"
    CALENDAR_HOURS = "ch"
    CALENDAR_DAYS = "cd"


def test_members_are_matched_by_name_both_ways() -> None:
    units = EnumTable(pb.LimitUnit, Unit)

    assert units.to_wire(Unit.WORKING_DAYS) == pb.LIMIT_UNIT_WORKING_DAYS
    assert units.from_wire(pb.LIMIT_UNIT_WORKING_DAYS) is Unit.WORKING_DAYS


def test_another_word_of_the_domain_is_named() -> None:
    units = EnumTable(pb.LimitUnit, Renamed, names={Renamed.OFFICE_HOURS: "WORKING_HOURS"})

    assert units.from_wire(pb.LIMIT_UNIT_WORKING_HOURS) is Renamed.OFFICE_HOURS
    assert units.stored["WORKING_HOURS"] == "wh"
    assert units.prefix == "LIMIT_UNIT_"


def test_the_words_of_a_neighbours_enum_go_both_ways() -> None:
    units = EnumWords(pb.LimitUnit)

    assert units.word(pb.LIMIT_UNIT_WORKING_DAYS) == "working_days"
    assert units.number("working_days") == pb.LIMIT_UNIT_WORKING_DAYS
    assert units.word_of("LIMIT_UNIT_WORKING_DAYS") == units.word_of("WORKING_DAYS") == "working_days"


def test_a_value_that_a_neighbour_added_keeps_its_number() -> None:
    units = EnumWords(pb.LimitUnit)

    assert units.word(99) == "99"
    assert units.number("99") == pb.LIMIT_UNIT_UNSPECIFIED


def test_a_value_without_a_member_is_found_when_the_table_is_made() -> None:
    with pytest.raises(TypeError, match="LIMIT_UNIT_CALENDAR_DAYS"):
        EnumTable(pb.LimitUnit, Short)

    rest = frozenset({"WORKING_DAYS", "CALENDAR_HOURS", "CALENDAR_DAYS"})
    assert EnumTable(pb.LimitUnit, Short, only_on_wire=rest).to_wire(Short.WORKING_HOURS)


def test_a_member_that_no_partner_names_has_no_value() -> None:
    rest = frozenset({"WORKING_DAYS", "WORKING_HOURS", "CALENDAR_HOURS", "CALENDAR_DAYS"})
    short = EnumTable(pb.LimitUnit, Short, only_on_wire=rest, only_here=list(Short))

    with pytest.raises(KeyError):
        short.from_wire(pb.LIMIT_UNIT_WORKING_HOURS)
