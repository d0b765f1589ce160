"""A data set: what a body keeps of people, which fields, and by what right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain import refusals, sharing_refusals


class DataField(StrEnum):
    """What is kept of a person: their own data, or a fact that was told of them."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    LIVES_ALONE = "lives_alone"
    BEDRIDDEN = "bedridden"
    DISABLED = "disabled"
    INFANT = "infant"
    PREGNANT = "pregnant"
    CHRONIC_ILLNESS = "chronic_illness"
    EMPLOYED = "employed"
    LANGUAGES = "languages"


CLASSES = {
    DataField.NAME: "NAME",
    DataField.PHONE: "CONTACT",
    DataField.ADDRESS: "ADDRESS",
    DataField.BIRTH_DATE: "BIRTH",
}
"""The class of the person's own data in the register; all others are facts of a household and its members."""


def class_of(field: DataField) -> str:
    """The class of a field in the register of personal data."""
    return CLASSES.get(field, "HOUSEHOLD")


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetDefined:
    """A body keeps these fields of the people of an area ("" is everywhere)."""

    data_set_id: str
    owner_body_id: str
    name: Text
    fields: tuple[DataField, ...]
    legal_basis: str
    area_id: str
    area_path: AreaPath
    defined_at: datetime


DataSetEvent = DataSetDefined


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No data set has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A data set."""

    defined: DataSetDefined


DataSet = Undefined | Defined


# Evolve


def evolve(data_set: DataSet, event: DataSetEvent) -> DataSet:  # noqa: ARG001  # it has one event so far
    """The data set after the event."""
    return Defined(defined=event)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineDataSet:
    """Say what a body keeps."""

    data_set_id: str
    owner_body_id: str
    name: Text
    fields: tuple[DataField, ...]
    legal_basis: str
    area_id: str
    area_path: AreaPath
    at: datetime


# Decide


def decide(command: DefineDataSet, data_set: DataSet) -> Sequence[DataSetEvent]:
    """It is defined once: what was granted of it does not change under those who granted it."""
    if not command.name:
        raise refusals.name_is_missing("name")
    wanted = DataSetDefined(
        data_set_id=command.data_set_id,
        owner_body_id=command.owner_body_id,
        name=command.name,
        fields=tuple(sorted(set(command.fields), key=list(DataField).index)),
        legal_basis=command.legal_basis,
        area_id=command.area_id,
        area_path=command.area_path,
        defined_at=data_set.defined.defined_at if isinstance(data_set, Defined) else command.at,
    )
    if isinstance(data_set, Defined):
        if data_set.defined != wanted:
            raise sharing_refusals.data_set_is_defined_differently(command.data_set_id)
        return []
    return [wanted]


DATA_SET: Decider[DefineDataSet, DataSet, DataSetEvent] = Decider(
    category="dataset", initial=Undefined(), decide=decide, evolve=evolve
)
