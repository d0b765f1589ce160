"""Data sets, shares and what they let read."""

from collections.abc import Iterable

from linli.identity.v1 import identity_sharing_pb2 as pb
from linli.privacy.v1 import privacy_types_pb2 as privacy

from libs.rpc.enums import prefix_of
from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.application.sharing import SharedPerson
from services.identity.domain.data_set import CLASSES, DataField, DataSetDefined, class_of
from services.identity.domain.share import Asked
from services.identity.entrypoints.wire.words import DATA_FIELDS

_PURPOSE, _CLASS = prefix_of(privacy.DisclosurePurpose), prefix_of(privacy.PersonalClass)


def purpose_of(number: privacy.DisclosurePurpose.ValueType) -> str:
    """A purpose as it is kept: `ASSISTANCE`."""
    return privacy.DisclosurePurpose.Name(number).removeprefix(_PURPOSE)


def data_set_shown(data_set: DataSetDefined) -> pb.DataSet:
    """A data set."""
    return pb.DataSet(
        data_set_id=data_set.data_set_id,
        owner_body_id=data_set.owner_body_id,
        name=localized(data_set.name),
        fields=map(field_shown, data_set.fields),
        legal_basis=data_set.legal_basis,
        area_id=data_set.area_id,
        area_path=data_set.area_path,
    )


def field_shown(field: DataField) -> pb.ClassifiedField:
    """A field with its class."""
    return pb.ClassifiedField(
        field=DATA_FIELDS.to_wire(field),
        personal_class=personal_class(field),
    )


def personal_class(field: DataField) -> privacy.PersonalClass.ValueType:
    """The class of a field in the register."""
    return privacy.PersonalClass.Value(_CLASS + class_of(field))


def twice_shown(field: DataField, data_sets: Iterable[DataSetDefined]) -> pb.FieldCollectedTwice:
    """A field that several bodies collect."""
    return pb.FieldCollectedTwice(field=field_shown(field), data_sets=map(data_set_shown, data_sets))


def share_shown(share: Asked) -> pb.Share:
    """A share as it stands."""
    asked, decided, ended = share.asked, share.decided, share.ended
    return pb.Share(
        share_id=asked.share_id,
        data_set_id=asked.data_set_id,
        owner_body_id=asked.owner_body_id,
        asking_body_id=asked.asking_body_id,
        purpose=privacy.DisclosurePurpose.Value(_PURPOSE + asked.purpose),
        legal_basis=asked.legal_basis,
        since_time=stamp(asked.since),
        until_time=stamp(asked.until),
        state=_state(share),
        asked_by_id=asked.asked_by,
        decided_by_id=decided.decided_by if decided else "",
        decided_time=stamp(decided.decided_at) if decided else None,
        ended_by_id=ended.ended_by if ended else "",
        ended_time=stamp(ended.ended_at) if ended else None,
    )


def _state(share: Asked) -> pb.ShareState.ValueType:
    if share.decided is None:
        return pb.SHARE_STATE_ASKED
    if share.ended is not None:
        return pb.SHARE_STATE_ENDED
    return pb.SHARE_STATE_GRANTED if share.decided.granted else pb.SHARE_STATE_REFUSED


def shared_shown(person: SharedPerson) -> pb.ReadSharedDataResponse:
    """What a share lets read of a person."""
    values = person.values
    return pb.ReadSharedDataResponse(
        resident_id=person.resident_id,
        name=values.get(DataField.NAME, ""),
        phone=values.get(DataField.PHONE, ""),
        address=values.get(DataField.ADDRESS, ""),
        birth_date=values.get(DataField.BIRTH_DATE, ""),
        facts=[
            pb.SharedFact(field=DATA_FIELDS.to_wire(field), value=value)
            for field, value in values.items()
            if field not in CLASSES
        ],
    )
