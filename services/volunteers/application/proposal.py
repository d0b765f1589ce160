"""Whom to ask: proposals computed from needs and volunteers as they stand, and the offers that follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.query.freshness import Fresh
from libs.rules.areas import AreaPath, id_of
from services.volunteers.application.need import NeedStream, as_raised
from services.volunteers.application.ports import Matching, NeedReads, VolunteerReads
from services.volunteers.application.volunteer import VolunteerStream
from services.volunteers.domain import refusals
from services.volunteers.domain.matching import Call, Candidate
from services.volunteers.domain.need.commands import MakeOffer
from services.volunteers.domain.need.events import OfferMade
from services.volunteers.domain.need.situations import Raised
from services.volunteers.domain.proposal import (
    MatchesProposed,
    NotProposed,
    Proposal,
    Proposed,
    RecordProposal,
)
from services.volunteers.domain.values import Match, MatchReason
from services.volunteers.domain.volunteer import Active

MOST_MATCHES = 10_000
"""A proposal keeps so many matches; the chosen ones come first and are never cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What came of a proposal: matches that became offers, and those that no longer hold."""

    offered: tuple[Match, ...]
    left_out: tuple[Match, ...]
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Proposals and offers over the streams of needs and volunteers."""

    stream: Stream[RecordProposal, Proposal, MatchesProposed]
    volunteers: VolunteerStream
    needs: NeedStream
    need_reads: NeedReads
    volunteer_reads: VolunteerReads
    matching: Matching
    offer_lasts: timedelta

    def propose(
        self, proposal_id: str, area_path: AreaPath, at: datetime, context: Context, fresh: Fresh
    ) -> Handled[Proposal, MatchesProposed]:
        """Compute whom to ask for the open needs of an area, and keep the answer.

        The views must have seen what the caller has seen. A repeated request gets the proposal of the
        first time. Raises NOTHING_TO_MATCH.
        """
        known = self.stream.load(proposal_id).state
        if isinstance(known, Proposed):
            command = _recorded(known.content)
        else:
            command = self._computed(proposal_id, area_path, at, fresh)
        return self.stream.handle(proposal_id, command, context)

    def one(self, proposal_id: str) -> MatchesProposed:
        """One proposal. Raises PROPOSAL_NOT_FOUND."""
        state = self.stream.load(proposal_id).state
        if isinstance(state, NotProposed):
            raise refusals.proposal_not_found()
        return state.content

    def make_offers(
        self, proposal: MatchesProposed, expires_at: datetime | None, at: datetime, context: Context
    ) -> Offered:
        """Ask everybody whom a proposal chose, in one transaction."""
        chosen = [match for match in proposal.matches if match.reason is MatchReason.CHOSEN]
        tasks: list[Task] = []
        for match in chosen:
            need = as_raised(self.needs.load(match.need_id).state)
            # once a volunteer has left, only a need that asked them before knows by which request
            if match.volunteer_id in need.offers or self._is_active(match.volunteer_id):
                offer = MakeOffer(
                    volunteer_id=match.volunteer_id,
                    expires_at=expires_at or min(at + self.offer_lasts, need.shift.start),
                    at=at,
                    held=context.occurred_at is not None,
                )
                tasks.append((self.needs, match.need_id, offer, _of(context, match)))
        answers = handle_many(self.needs.ledger, tasks)
        made = {
            (event.need_id, event.volunteer_id)
            for answer in answers
            for event in answer.events
            if isinstance(event, OfferMade)
        }
        offered = tuple(match for match in chosen if (match.need_id, match.volunteer_id) in made)
        left = (match for match in chosen if (match.need_id, match.volunteer_id) not in made)
        newest = max(answers, key=lambda answer: answer.position, default=None)
        return Offered(
            offered=offered,
            left_out=tuple(replace(match, reason=self._why_not(match)) for match in left),
            revision=newest.revision if newest else "",
        )

    def _computed(self, proposal_id: str, area_path: AreaPath, at: datetime, fresh: Fresh) -> RecordProposal:
        calls = self._calls(area_path, at, fresh)
        if not calls:
            raise refusals.nothing_to_match(id_of(area_path))
        answer = self.matching.assign(self._candidates(fresh), calls)
        return RecordProposal(
            proposal_id=proposal_id,
            area_path=area_path,
            matches=answer.matches[: max(MOST_MATCHES, answer.filled)],
            covered=answer.covered,
            bound=answer.bound,
            wanted=answer.wanted,
            filled=answer.filled,
            at=at,
        )

    def _calls(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> Sequence[Call]:
        open_needs = self.need_reads.open_in(area_path, fresh)
        needs = (self.needs.load(need_id).state for need_id in open_needs)
        return [
            Call(
                need_id=need.need_id,
                area_path=need.area_path,
                shift=need.shift,
                skills=need.skills,
                priority=need.priority,
                places=need.wanted - need.accepted,
                asked=frozenset(need.offers),
            )
            for need in needs
            if isinstance(need, Raised) and need.open and need.shift.start > at
        ]

    def _candidates(self, fresh: Fresh) -> Sequence[Candidate]:
        active = self.volunteer_reads.active(fresh)
        people = ((self.volunteers.load(who).state, asked) for who, asked in active)
        return [
            Candidate(
                volunteer_id=person.volunteer_id,
                profile=person.profile,
                bookings=person.bookings,
                asked=asked,
            )
            for person, asked in people
            if isinstance(person, Active)
        ]

    def _is_active(self, volunteer_id: str) -> bool:
        return isinstance(self.volunteers.load(volunteer_id).state, Active)

    def _why_not(self, match: Match) -> MatchReason:
        """Why a match that was chosen became no offer."""
        need = self.needs.load(match.need_id).state
        if not isinstance(need, Raised) or not need.open:
            return MatchReason.NO_LONGER_WANTED
        if not self._is_active(match.volunteer_id):
            return MatchReason.HAS_LEFT
        return MatchReason.ASKED_BEFORE


def _of(context: Context, match: Match) -> Context:
    """One request asks several volunteers: each of them under an id of its own."""
    return replace(context, request_id=f"{context.request_id}/{match.volunteer_id}")


def _recorded(content: MatchesProposed) -> RecordProposal:
    return RecordProposal(
        proposal_id=content.proposal_id,
        area_path=content.area_path,
        matches=content.matches,
        covered=content.covered,
        bound=content.bound,
        wanted=content.wanted,
        filled=content.filled,
        at=content.proposed_at,
    )
