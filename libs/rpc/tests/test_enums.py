"""Enums of the domain and of the wire: matched by name, and complete both ways."""

from enum import Enum

import pytest
from linli.catalog.v1 import catalog_types_pb2 as pb

from libs.rpc.enums import EnumTable


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
    assert units.from_wire_or_none(pb.LIMIT_UNIT_UNSPECIFIED) is None


def test_another_word_of_the_domain_is_named() -> None:
    units = EnumTable(pb.LimitUnit, Renamed, names={Renamed.OFFICE_HOURS: "WORKING_HOURS"})

    assert units.from_wire(pb.LIMIT_UNIT_WORKING_HOURS) is Renamed.OFFICE_HOURS


def test_a_value_without_a_member_is_found_when_the_table_is_made() -> None:
    with pytest.raises(TypeError, match="LIMIT_UNIT_CALENDAR_DAYS"):
        EnumTable(pb.LimitUnit, Short)

    rest = frozenset({"WORKING_DAYS", "CALENDAR_HOURS", "CALENDAR_DAYS"})
    assert EnumTable(pb.LimitUnit, Short, only_on_wire=rest).to_wire(Short.WORKING_HOURS)
