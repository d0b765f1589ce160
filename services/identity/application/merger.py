"""Use cases of mergers: two registrations become one person, and two again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import AreaPath
from services.identity.application.ports import MergerReads, MergerRow
from services.identity.application.resident import (
    AccessStream,
    MergerStream,
    ResidentStream,
    registered,
    survivor_of,
)
from services.identity.domain import merger_refusals as refusals
from services.identity.domain import resident
from services.identity.domain.access import RevokeSessions
from services.identity.domain.merger import (
    DecideMerger,
    MergerProposed,
    ProposeMerger,
    TakeRegistration,
)
from services.identity.domain.values import ORDINARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A proposal after a command on it."""

    merger_id: str
    merged_id: str
    survivor_id: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergers:
    """What can be done with registrations that are one person."""

    stream: MergerStream
    residents: ResidentStream
    access: AccessStream
    reads: MergerReads

    def propose(
        self, merged_id: str, survivor_id: str, at: datetime, context: Context, permit: Permit
    ) -> Decided:
        """Say that two registrations are one person. The caller must reach both."""
        path = self._both(merged_id, survivor_id, permit)
        self._check_ordinary(merged_id, survivor_id)
        if self.stream.load(survivor_id).state.into:
            raise refusals.merger_is_unfit("the survivor is merged into another registration: name that one")
        return self._propose(merged_id, survivor_id, path, at, context, undoing=False)

    def propose_undoing(self, merged_id: str, at: datetime, context: Context, permit: Permit) -> Decided:
        """Say that a merged registration is a person of its own after all."""
        survivor_id = self.stream.load(merged_id).state.into
        if not survivor_id:
            registered(self.residents, merged_id)
            raise refusals.merger_is_unfit("this registration is not merged into another one")
        path = self._both(merged_id, survivor_id, permit)
        return self._propose(merged_id, survivor_id, path, at, context, undoing=True)

    def approve(self, merger_id: str, at: datetime, context: Context, permit: Permit) -> Decided:
        """Decide as the second person. Sessions of both end: their next tokens say who they are now."""
        proposed = self._proposed(merger_id)
        merged_id, survivor_id = proposed.merged_id, proposed.survivor_id
        path = self._both(merged_id, survivor_id, permit)
        if not proposed.undoing:
            self._check_ordinary(merged_id, survivor_id)
        context = replace(context, area=path or None)
        decision = DecideMerger(merger_id=merger_id, approve=True, by=context.actor, at=at)
        taking = TakeRegistration(
            survivor_id=survivor_id, merged_id=merged_id, undoing=proposed.undoing, at=at
        )
        tasks: list[Task] = [
            (self.stream, merged_id, decision, context),
            (self.stream, survivor_id, taking, context),
            *(
                (self.access, each, RevokeSessions(party_id=each, at=at), context)
                for each in (merged_id, survivor_id)
            ),
        ]
        return _decided(proposed, handle_many(self.stream.ledger, tasks)[0].revision)

    def reject(self, merger_id: str, at: datetime, context: Context, permit: Permit) -> Decided:
        """Decide against it, or take one's own proposal back."""
        proposed = self._proposed(merger_id)
        permit(Jurisdiction(area_path=proposed.area_path))
        context = replace(context, area=proposed.area_path or None)
        decision = DecideMerger(merger_id=merger_id, approve=False, by=context.actor, at=at)
        return _decided(proposed, self.stream.handle(proposed.merged_id, decision, context).revision)

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[MergerRow], str]:
        """A page of what was proposed."""
        return self.reads.page(query, reach, fresh)

    def registrations(self, resident_id: str) -> Sequence[str]:
        """All registrations of somebody, by any of their ids: the survivor comes first."""
        return registrations(self.stream, resident_id)

    def erasing(self, resident_id: str, permit: Permit) -> Sequence[str]:
        """All registrations that an erasure ends, this one last. The caller must reach each."""
        ids = [each for each in self.registrations(resident_id) if each != resident_id]
        for each in ids:
            state = self.residents.load(each).state
            if not isinstance(state, resident.Unregistered):
                permit(Jurisdiction(area_path=state.area_path))
        return [*ids, resident_id]

    def _propose(
        self,
        merged_id: str,
        survivor_id: str,
        path: AreaPath,
        at: datetime,
        context: Context,
        *,
        undoing: bool,
    ) -> Decided:
        proposal = derived_id(context.actor, context.request_id or "")
        command = ProposeMerger(
            merger_id=f"{merged_id}.{proposal}",
            merged_id=merged_id,
            survivor_id=survivor_id,
            undoing=undoing,
            by=context.actor,
            area_path=path,
            at=at,
        )
        handled = self.stream.handle(merged_id, command, replace(context, area=path or None))
        return Decided(
            merger_id=command.merger_id,
            merged_id=merged_id,
            survivor_id=survivor_id,
            revision=handled.revision,
        )

    def _proposed(self, merger_id: str) -> MergerProposed:
        """What was proposed under this id, also if it was decided since."""
        merged_id = merger_id.rpartition(".")[0]
        if merged_id:
            for each in reversed(self.stream.history(merged_id)):
                if isinstance(each.event, MergerProposed) and each.event.merger_id == merger_id:
                    return each.event
        raise refusals.merger_is_unknown()

    def _both(self, merged_id: str, survivor_id: str, permit: Permit) -> AreaPath:
        """Where the merged one lives. The caller must reach both."""
        people = [registered(self.residents, each) for each in (merged_id, survivor_id)]
        for person in people:
            permit(Jurisdiction(area_path=person.area_path))
        return people[0].area_path

    def _check_ordinary(self, *resident_ids: str) -> None:
        """Refuse (MERGER_OF_STAFF) to make one person of anybody with an office."""
        for each in resident_ids:
            held = {grant.role for grant in self.access.load(each).state.grants.values()}
            if held - ORDINARY:
                raise refusals.merger_is_of_staff()


def registrations(mergers: MergerStream, resident_id: str) -> Sequence[str]:
    """All registrations of somebody, by any of their ids: the survivor comes first."""
    survivor_id = survivor_of(mergers, resident_id)
    return [survivor_id, *mergers.load(survivor_id).state.others]


def check_unmerged(mergers: MergerStream, resident_id: str) -> None:
    """Refuse (MERGED_REGISTRATION) to let somebody new in by a registration that opens another one."""
    if survivor_of(mergers, resident_id) != resident_id:
        raise refusals.registration_is_merged()


def _decided(proposed: MergerProposed, revision: str) -> Decided:
    return Decided(
        merger_id=proposed.merger_id,
        merged_id=proposed.merged_id,
        survivor_id=proposed.survivor_id,
        revision=revision,
    )
