"""Use cases of nominations: two persons make an operator or a data protection officer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Permit, Reach
from services.identity.application.access import Granter, limits
from services.identity.application.area import AreaStream, jurisdiction
from services.identity.application.body import BodyStream
from services.identity.application.career import CareerStream, within_stays
from services.identity.application.ports import NominationReads, NominationRow
from services.identity.application.resident import (
    AccessStream,
    OperatorsStream,
    ResidentStream,
    registered,
)
from services.identity.domain import nomination, operators, refusals
from services.identity.domain.access import Grant, GrantRole, check_company
from services.identity.domain.nomination import (
    EndNomination,
    Made,
    Nominate,
    NominationCommand,
    NominationEvent,
    NominationMade,
    Outcome,
)
from services.identity.domain.operators import AddOperator
from services.identity.domain.values import Role, grant_id

NominationStream = Stream[NominationCommand, nomination.Nomination, NominationEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNomination:
    """A nomination as a caller describes it."""

    party_id: str
    role: Role
    area_id: str
    body_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A nomination after a command on it."""

    nomination: Made
    revision: str

    @property
    def grant(self) -> Grant:
        """What an approval granted."""
        made, ended = self.nomination.made, self.nomination.ended
        return Grant(
            grant_id=grant_id(made.party_id, made.role, made.within),
            party_id=made.party_id,
            role=made.role,
            within=made.within,
            granted_at=ended.ended_at if ended else made.made_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominations:
    """What can be done with nominations."""

    stream: NominationStream
    careers: CareerStream
    residents: ResidentStream
    access: AccessStream
    operators: OperatorsStream
    areas: AreaStream
    bodies: BodyStream
    reads: NominationReads
    roles_to_grant: Mapping[str, frozenset[str]]

    def nominate(self, new: NewNomination, context: Context, granter: Granter) -> Decided:
        """Propose a party for a role that the caller may grant, with somebody else."""
        registered(self.residents, new.party_id)
        within = limits(self.areas, self.bodies, new.area_id, new.body_id)
        granter.check(new.role, within)
        check_company(new.role, self.access.load(new.party_id).state, new.at)
        command = Nominate(
            nomination_id=derived_id(context.actor, context.request_id or ""),
            party_id=new.party_id,
            role=new.role,
            within=within,
            by=granter.id,
            reason=new.reason,
            at=new.at,
        )
        context = replace(context, area=within.area_path or None)
        return _decided(self.stream.handle(command.nomination_id, command, context))

    def approve(
        self, nomination_id: str, reason: str, at: datetime, context: Context, granter: Granter
    ) -> Decided:
        """Decide as the second person, and grant the role in the same moment.

        Both persons must hold the right now, by the ledger: a token may be older than its end.
        """
        known = self._known(nomination_id)
        made = known.made
        granter.check(made.role, made.within)
        context = replace(context, area=made.within.area_path or None)
        command = _ending(nomination_id, Outcome.APPROVED, granter.id, reason, at)
        if known.ended is not None:  # a repeated request gets its answer, and grants nothing anew
            return _decided(self.stream.handle(nomination_id, command, context))
        self._check_right(made, granter.id, at, refusals.role_is_not_yours_to_grant(made.role))
        return self._grant(made, command, context)

    def approve_at_machine(
        self, nomination_id: str, reason: str, by: str, at: datetime, context: Context
    ) -> Decided:
        """Decide as the second person while there is one operator only, and so nobody else who could."""
        made = self._known(nomination_id).made
        if len(self.operators.load(operators.ID).state.parties) > 1:
            raise refusals.other_operators_exist()
        return self._grant(made, _ending(nomination_id, Outcome.APPROVED, by, reason, at), context)

    def _grant(self, made: NominationMade, command: EndNomination, context: Context) -> Decided:
        """Approve and grant, everything or nothing."""
        self._check_right(made, made.nominator_id, command.at, refusals.nominator_lost_right())
        registered(self.residents, made.party_id)
        at = command.at
        until = within_stays(self.careers, made.party_id, [made.within.body_id], None, at)
        granting = GrantRole(
            party_id=made.party_id, role=made.role, within=made.within, at=at, until=until, agreed=True
        )
        tasks: list[Task] = [
            (self.stream, made.nomination_id, command, context),
            (self.access, made.party_id, granting, context),
        ]
        if made.role is Role.OPERATOR and made.within.everywhere:
            adding = AddOperator(party_id=made.party_id, at=at)
            tasks.append((self.operators, operators.ID, adding, context))
        return _decided(handle_many(self.stream.ledger, tasks)[0])

    def refuse(
        self, nomination_id: str, reason: str, at: datetime, context: Context, granter: Granter
    ) -> Decided:
        """Decide against it, as somebody who might have approved."""
        return self._end(Outcome.REFUSED, nomination_id, reason, at, context, granter)

    def withdraw(
        self, nomination_id: str, reason: str, at: datetime, context: Context, granter: Granter
    ) -> Decided:
        """Take one's own nomination back."""
        return self._end(Outcome.WITHDRAWN, nomination_id, reason, at, context, granter)

    def get(self, nomination_id: str, permit: Permit) -> Made:
        """One nomination, with its reasons."""
        known = self._known(nomination_id)
        permit(jurisdiction(known.made.within))
        return known

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[NominationRow], str]:
        """A page of nominations."""
        return self.reads.page(query, reach, fresh)

    def _end(
        self,
        outcome: Outcome,
        nomination_id: str,
        reason: str,
        at: datetime,
        context: Context,
        granter: Granter,
    ) -> Decided:
        made = self._known(nomination_id).made
        if outcome is Outcome.WITHDRAWN:
            granter.permit(jurisdiction(made.within))
        else:
            granter.check(made.role, made.within)
        context = replace(context, area=made.within.area_path or None)
        command = _ending(nomination_id, outcome, granter.id, reason, at)
        return _decided(self.stream.handle(nomination_id, command, context))

    def _known(self, nomination_id: str) -> Made:
        state = self.stream.load(nomination_id).state
        if not isinstance(state, Made):
            raise refusals.nomination_is_unknown(nomination_id)
        return state

    def _check_right(self, made: NominationMade, party_id: str, at: datetime, otherwise: Exception) -> None:
        """Raise unless a grant that the party holds now may grant what was proposed."""
        for grant in self.access.load(party_id).state.held(at).values():
            may = made.role.value in self.roles_to_grant[grant.role.value]
            if may and grant.within.covers(made.within):
                return
        raise otherwise


def _ending(nomination_id: str, outcome: Outcome, by: str, reason: str, at: datetime) -> EndNomination:
    return EndNomination(nomination_id=nomination_id, outcome=outcome, by=by, reason=reason, at=at)


def _decided(handled: Handled[nomination.Nomination, NominationEvent]) -> Decided:
    assert isinstance(handled.state, Made)  # noqa: S101  # every command on it leaves it so
    return Decided(nomination=handled.state, revision=handled.revision)
