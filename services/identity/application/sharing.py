"""Use cases of sharing: what bodies keep of people, and what they let one another read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import NOWHERE, AreaPath, within
from services.identity.application.area import AreaStream, defined
from services.identity.application.body import BodyStream
from services.identity.application.resident import ResidentStream, registered
from services.identity.application.visit import FactsStream, stream_id
from services.identity.domain import body, data_set, refusals, share, sharing_refusals
from services.identity.domain.data_set import CLASSES, DataField, DataSetDefined, DefineDataSet
from services.identity.domain.fact_kinds import FactKind, SubjectKind
from services.identity.domain.resident import Registered
from services.identity.domain.share import Asked, AskForShare, DecideShare, EndShare, ShareCommand, ShareEvent

DataSetStream = Stream[DefineDataSet, data_set.DataSet, DataSetDefined]
ShareStream = Stream[ShareCommand, share.Share, ShareEvent]
ShareHandled = Handled[share.Share, ShareEvent]


class SharingReads(Protocol):
    """The data sets and shares."""

    def data_sets(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[DataSetDefined], str]:
        """A page of all data sets, and the token of the next."""

    def shares(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[Asked], str]:
        """A page of the shares of bodies within reach, and the token of the next."""

    def all_data_sets(self, fresh: Fresh) -> Sequence[DataSetDefined]:
        """All data sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataSet:
    """A data set as its owner describes it."""

    data_set_id: str
    owner_body_id: str
    name: Text
    fields: tuple[DataField, ...]
    legal_basis: str
    area_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """What a body asks for."""

    data_set_id: str
    asking_body_id: str
    purpose: str
    legal_basis: str
    since: datetime
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPerson:
    """What a share lets somebody read of a person: the fields that were asked, and what they hold."""

    resident_id: str
    fields: tuple[DataField, ...]
    values: Mapping[DataField, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What can be done with data sets and shares."""

    sets: DataSetStream
    shares: ShareStream
    areas: AreaStream
    bodies: BodyStream
    residents: ResidentStream
    facts: FactsStream
    reads: SharingReads

    def define(self, new: NewDataSet, context: Context, permit: Permit) -> tuple[DataSetDefined, str]:
        """Say what a body keeps; answers the data set and the revision.

        It takes reach over the area for every body: no body says by itself what it may hand on of people.
        """
        self._body(new.owner_body_id)
        area_path = defined(self.areas, new.area_id).path if new.area_id else NOWHERE
        permit(Jurisdiction(area_path=area_path or None))
        command = DefineDataSet(
            data_set_id=new.data_set_id,
            owner_body_id=new.owner_body_id,
            name=new.name,
            fields=new.fields,
            legal_basis=new.legal_basis,
            area_id=new.area_id,
            area_path=area_path,
            at=new.at,
        )
        context = replace(context, area=area_path or None)
        handled = self.sets.handle(new.data_set_id, command, context)
        return self._set(new.data_set_id, handled.state), handled.revision

    def ask(self, new: NewShare, context: Context, reach: Reach) -> ShareHandled:
        """Ask for the data set of another body."""
        self._body(new.asking_body_id)
        wanted = self._set(new.data_set_id)
        _speaks(reach, new.asking_body_id, wanted.area_path)
        command = AskForShare(
            share_id=derived_id(context.actor, context.request_id or ""),
            data_set_id=new.data_set_id,
            owner_body_id=wanted.owner_body_id,
            asking_body_id=new.asking_body_id,
            purpose=new.purpose,
            legal_basis=new.legal_basis,
            area_path=wanted.area_path,
            since=new.since,
            until=new.until,
            by=context.actor,
            at=new.at,
        )
        context = replace(context, area=wanted.area_path or None)
        return self.shares.handle(command.share_id, command, context)

    def decide(
        self, share_id: str, at: datetime, context: Context, reach: Reach, *, granted: bool
    ) -> ShareHandled:
        """Grant or refuse what was asked for, as the owner."""
        asked = self.one(share_id).asked
        _speaks(reach, asked.owner_body_id, asked.area_path)
        command = DecideShare(share_id=share_id, granted=granted, by=context.actor, at=at)
        return self.shares.handle(share_id, command, replace(context, area=asked.area_path or None))

    def end(self, share_id: str, at: datetime, context: Context, reach: Reach) -> ShareHandled:
        """Share no more, as either of the two bodies."""
        asked = self.one(share_id).asked
        path = asked.area_path or None
        if not reach.covers(area_path=path, body=asked.asking_body_id):
            reach.require(area_path=path, body=asked.owner_body_id)
        command = EndShare(share_id=share_id, by=context.actor, at=at)
        return self.shares.handle(share_id, command, replace(context, area=path))

    def read(self, share_id: str, resident_id: str, purpose: str, at: datetime, reach: Reach) -> SharedPerson:
        """What the share lets those read who work for its body, of a person. Refuses SHARE_NOT_IN_FORCE."""
        known = self.one(share_id)
        body_id = known.asked.asking_body_id
        working = reach.working_for(body_id)
        person = registered(self.residents, resident_id)
        working.require(area_path=person.area_path or None, body=body_id)
        if not within(person.area_path, known.asked.area_path):
            raise refusals.party_is_unknown(resident_id)
        if not known.in_force(at):
            raise sharing_refusals.share_is_not_in_force()
        if purpose != known.asked.purpose:
            raise sharing_refusals.purpose_is_another()
        fields = self._set(known.asked.data_set_id).fields
        return SharedPerson(resident_id=resident_id, fields=fields, values=self._values(person, fields, at))

    def one(self, share_id: str) -> Asked:
        """A share. Refuses SHARE_UNKNOWN."""
        state = self.shares.load(share_id).state
        if not isinstance(state, Asked):
            raise sharing_refusals.share_is_unknown(share_id)
        return state

    def twice(self, fresh: Fresh) -> Sequence[tuple[DataField, Sequence[DataSetDefined]]]:
        """Fields that several bodies collect of the same people, and by which data sets."""
        return collected_twice(self.reads.all_data_sets(fresh))

    def _values(
        self, person: Registered, fields: Sequence[DataField], at: datetime
    ) -> Mapping[DataField, str]:
        own = {
            DataField.NAME: person.name.value,
            DataField.PHONE: person.phone.value,
            DataField.ADDRESS: person.address.value,
            DataField.BIRTH_DATE: person.birth_date.value,
        }
        values = {field: own[field] or "" for field in fields if field in own}
        told = [field for field in fields if field not in CLASSES]
        if told:
            facts = self.facts.load(stream_id((SubjectKind.MEMBER, person.resident_id))).state.standing(at)
            values |= {
                field: found.newest.told.value
                for field in told
                if (found := facts.get(FactKind(field.value))) is not None
            }
        return {field: value for field, value in values.items() if value}

    def _body(self, body_id: str) -> None:
        if not isinstance(self.bodies.load(body_id).state, body.Registered):
            raise refusals.body_is_unknown(body_id)

    def _set(self, data_set_id: str, state: data_set.DataSet | None = None) -> DataSetDefined:
        found = state or self.sets.load(data_set_id).state
        if not isinstance(found, data_set.Defined):
            raise sharing_refusals.data_set_is_unknown(data_set_id)
        return found.defined


def _speaks(reach: Reach, body_id: str, area_path: AreaPath) -> None:
    """Refuse (OUT_OF_REACH) who has no grant for this very body there, and none without any limit."""
    if not reach.everything:
        reach.working_for(body_id).require(area_path=area_path or None, body=body_id)


def collected_twice(
    data_sets: Sequence[DataSetDefined],
) -> Sequence[tuple[DataField, Sequence[DataSetDefined]]]:
    """Fields of data sets of different bodies whose areas overlap: of the same people."""
    found = []
    for field in DataField:
        having = [each for each in data_sets if field in each.fields]
        doubled = [each for each in having if any(_overlap(each, other) for other in having)]
        if doubled:
            found.append((field, doubled))
    return found


def _overlap(one: DataSetDefined, other: DataSetDefined) -> bool:
    nested = within(one.area_path, other.area_path) or within(other.area_path, one.area_path)
    return one.owner_body_id != other.owner_body_id and nested
