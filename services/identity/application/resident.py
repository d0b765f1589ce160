"""Residents: registered once, shown with a record of it, erased for good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from libs.ledger.decider import Refusal
from libs.ledger.ids import derived_id, new_id
from libs.ledger.recorded import Context
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.claims import Claimed, Claims
from libs.ledger.streams.decision import concurrent_change
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath
from services.identity.application.area import AreaStream, defined
from services.identity.application.career import CareerStream, PostStream, leaving_all
from services.identity.application.receipt import Receipts
from services.identity.application.registration import (
    Found,
    NewResident,
    first_key,
    found,
    held,
    may_change,
    registering,
)
from services.identity.domain import household, natural_keys, operators, refusals, residency, resident
from services.identity.domain import household_refusals as unfit
from services.identity.domain import natural_key_refusals as keys_unfit
from services.identity.domain.access import Access, AccessCommand, AccessEvent, EndAccess
from services.identity.domain.household import ForgetMember, HouseholdCommand, HouseholdEvent
from services.identity.domain.merger import Merger, MergerCommand, MergerEvent
from services.identity.domain.natural_keys import (
    AddNaturalKeys,
    HeldKey,
    NaturalKeysCommand,
    NaturalKeysEvent,
    assure_one_national_id,
    check_form,
)
from services.identity.domain.operators import OperatorsCommand, OperatorsEvent, RemoveOperator
from services.identity.domain.residency import ChangeHome, ResidencyEvent
from services.identity.domain.resident import EraseResident, RegisterResident, ResidentCommand, ResidentEvent

ResidentStream = Stream[ResidentCommand, resident.Resident, ResidentEvent]
AccessStream = Stream[AccessCommand, Access, AccessEvent]
OperatorsStream = Stream[OperatorsCommand, operators.Operators, OperatorsEvent]
HouseholdStream = Stream[HouseholdCommand, household.Household, HouseholdEvent]
ResidencyStream = Stream[ChangeHome, residency.Residency, ResidencyEvent]
NaturalKeysStream = Stream[NaturalKeysCommand, natural_keys.NaturalKeys, NaturalKeysEvent]
MergerStream = Stream[MergerCommand, Merger, MergerEvent]
_TRIES = 5


def registered(residents: ResidentStream, party_id: str) -> resident.Registered:
    """The person as known now. Refuses PARTY_UNKNOWN, also for the erased."""
    state = residents.load(party_id).state
    if not isinstance(state, resident.Registered) or state.name.value is None:
        raise refusals.party_is_unknown(party_id)
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What somebody is given who was erased: by the code they see which services have forgotten them.

    "" if a release erased them that gave no receipts.
    """

    receipt_code: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """What can be done with people."""

    stream: ResidentStream
    areas: AreaStream
    access: AccessStream
    operators: OperatorsStream
    claims: Claims
    keys: NaturalKeysStream
    mergers: MergerStream
    residencies: ResidencyStream
    households: HouseholdStream
    careers: CareerStream
    posts: PostStream
    receipts: Receipts

    def register(self, new: NewResident, context: Context, permit: Permit) -> Found:
        """Register a person, or find the one with any of these keys; then keys that nobody has are added.

        Refuses NATURAL_KEYS_OF_SEVERAL.
        """
        for key in new.keys:
            check_form(key)
        area = defined(self.areas, new.area_id)
        permit(Jurisdiction(area_path=area.path))
        context = replace(context, area=area.path)
        fresh = derived_id(context.actor, context.request_id or new_id())
        for _ in range(_TRIES):
            try:
                return self._register(new, area.path, fresh, context, permit)
            except Claimed:
                continue  # another one was faster: it is the same person
        raise concurrent_change(f"resident-{fresh}")

    def _register(
        self, new: NewResident, area_path: AreaPath, fresh: str, context: Context, permit: Permit
    ) -> Found:
        keys = {self.claims.digest(each.normal): each for each in new.keys}
        holders = self.claims.holders(list(keys))
        known = {survivor_of(self.mergers, each) for each in set(holders.values())}
        if len(known) > 1:
            raise keys_unfit.natural_keys_are_of_several()
        resident_id = known.pop() if known else fresh
        first, *more = held(resident_id, keys, new.at)
        registration: Task = (self.stream, resident_id, registering(new, first, area_path), context)
        if not holders:
            adding = [self._adding(resident_id, first, more, new.at, context)] if more else []
            return found(resident_id, handle_many(self.stream.ledger, [registration, *adding])[0])
        free = [each for each in (first, *more) if each.digest.value not in holders]
        return self._find(registration, free, new.at, context, permit)

    def _find(
        self, registration: Task, free: Sequence[HeldKey], at: datetime, context: Context, permit: Permit
    ) -> Found:
        """Somebody who is known. Keys are added by whoever may register people where they live."""
        _, resident_id, *_ = registration
        if not free:
            return found(resident_id, handle_many(self.stream.ledger, [registration])[0])
        person = registered(self.stream, resident_id)
        have = self.keys.load(resident_id).state.with_first(first_key(person))
        assure_one_national_id(have, free)
        if not may_change(person, permit):
            found_only = found(resident_id, handle_many(self.stream.ledger, [registration])[0])
            return replace(found_only, left_out=tuple(each.kind for each in free))
        context = replace(context, area=person.area_path or None)
        adding = self._adding(resident_id, first_key(person), free, at, context)
        return found(resident_id, handle_many(self.stream.ledger, [registration, adding])[0])

    def _adding(
        self, resident_id: str, first: HeldKey, keys: Sequence[HeldKey], at: datetime, context: Context
    ) -> Task:
        command = AddNaturalKeys(resident_id=resident_id, first=first, keys=tuple(keys), at=at)
        return self.keys, resident_id, command, context

    def registering(self, new: NewResident, *, area_path: AreaPath, fresh: str) -> RegisterResident:
        """What registers a person, or finds the one with this key; `fresh` is their id if they are new.

        An id that says nothing of the person: after an erasure nothing links it to the next one. The event
        of somebody new claims the natural key: raises `Claimed` where it is recorded and another was faster.
        """
        digest = self.claims.digest(new.key.normal)
        resident_id = self.claims.holder(digest) or fresh
        (first,) = held(resident_id, {digest: new.key}, new.at)
        return registering(new, first, area_path)

    def show(self, resident_id: str, permit: Permit) -> resident.Registered:
        """A person's data."""
        person = registered(self.stream, resident_id)
        permit(Jurisdiction(area_path=person.area_path))
        return person

    def erase(self, subject_id: str, at: datetime, context: Context, permit: Permit) -> Erased:
        """Erase a person for good; answers what they are given. Their roles, sessions and appointments end.

        A household of which nobody else is known is erased, too. Repeated, it still ends what they hold.
        """
        state = self.stream.load(subject_id).state
        if isinstance(state, resident.Unregistered):
            raise refusals.party_is_unknown(subject_id)
        permit(Jurisdiction(area_path=state.area_path))
        # those whom an older release erased have none, and nobody would tell
        has_receipt = isinstance(state, resident.Registered) or self.receipts.given(subject_id)
        receipt = self.receipts.opening(subject_id, state.area_path, at, context) if has_receipt else []
        tasks: list[Task] = [
            (self.stream, subject_id, EraseResident(resident_id=subject_id, at=at), context),
            (self.access, subject_id, EndAccess(party_id=subject_id, at=at), context),
            (self.operators, operators.ID, RemoveOperator(party_id=subject_id, at=at), context),
            *receipt,
        ]
        erased = self._homeless(tasks, subject_id, at, context)
        self._again(subject_id, at, context)
        code = self.receipts.code_of(subject_id) if has_receipt else ""
        return Erased(receipt_code=code, revision=erased[0].revision)

    def _again(self, subject_id: str, at: datetime, context: Context) -> None:
        """Take away what they were given meanwhile; whoever looks from here on finds them erased."""
        context = replace(context, request_id=None, request_digest=None)  # a stream answers a request once
        self._homeless([], subject_id, at, context)
        last = self.receipts.hearing(subject_id, at, context)
        if self.access.load(subject_id).state.grants:
            last = [(self.access, subject_id, EndAccess(party_id=subject_id, at=at), context), *last]
        handle_many(self.stream.ledger, last)

    def _homeless(
        self, first: list[Task], resident_id: str, at: datetime, context: Context
    ) -> list[Handled[Any, Any]]:
        """Some tasks, and all that leaves them in no household and no post."""

        def tasks() -> list[Task]:
            posts = leaving_all(self.careers, self.posts, resident_id, at, context)
            return [*first, *self._leaving_home(resident_id, at, context), *posts]

        return moving(self.stream.ledger, tasks, f"resident-{resident_id}")

    def _leaving_home(self, resident_id: str, at: datetime, context: Context) -> list[Task]:
        """They live nowhere any more, and no household knows them."""
        lived = self.residencies.load(resident_id).state
        if not lived.ever:
            return []
        last = lived.changed_at or at
        leaving = ChangeHome(
            resident_id=resident_id,
            leaving=lived.household_id,
            household_id="",
            at=max(at, last + timedelta(microseconds=1)),
        )
        forgotten = ForgetMember(resident_id=resident_id, at=at)
        return [
            (self.residencies, resident_id, leaving, context),
            *((self.households, each, forgotten, context) for each in lived.ever),
        ]


def survivor_of(mergers: MergerStream, resident_id: str) -> str:
    """Who somebody is: the survivor of a merged registration, or themself."""
    return mergers.load(resident_id).state.into or resident_id


def moving(ledger: Ledger, tasks: Callable[[], Sequence[Task]], what: str) -> list[Handled[Any, Any]]:
    """All or nothing of what moves people; made anew if somebody else moves one of them meanwhile."""
    for _ in range(_TRIES):
        try:
            return handle_many(ledger, tasks())
        except Refusal as refusal:
            if refusal.code != unfit.home_has_changed().code:
                raise
    raise concurrent_change(what)
