"""Records of cases: rated once a case is closed, and read as a trail, by auditors and by everybody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.reach import Jurisdiction, Permit, Reach
from services.supervision.application.ports import CaseFactReads, FreshOfCases, Upstream
from services.supervision.application.trail import TrailEntry, trail_of
from services.supervision.domain import refusals
from services.supervision.domain.case_record.commands import CaseRecordCommand, RateCase
from services.supervision.domain.case_record.events import CaseRated, CaseRecordEvent
from services.supervision.domain.case_record.situations import Blank, CaseRecord, KnownCase

CaseRecordStream = Stream[CaseRecordCommand, CaseRecord, CaseRecordEvent]
CaseRecordHandled = Handled[CaseRecord, CaseRecordEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecords:
    """What was noted of each case, and how people rated it. `own_source`: the name of our own events."""

    stream: CaseRecordStream
    reads: CaseFactReads
    upstream: Upstream
    own_source: str

    def rate(
        self,
        case_id: str,
        command: RateCase,
        context: Context,
        mine: Callable[[], Sequence[str]],
        reach: Callable[[], Reach],
        working: Reach,
        fresh: FreshOfCases,
    ) -> CaseRecordHandled:
        """Say how well a closed case was dealt with: its reporter may, and others of its community.

        `mine` (the caller's ids) and their `reach` are asked when the case is at hand: asking counts as a
        check.
        `working`: the caller's reach by `cases.work`.

        Raises CASE_UNKNOWN, CASE_NOT_CLOSED, CASE_RATED_ALREADY, WORKS_FOR_THE_BODY.
        """
        self.upstream.heard(fresh)
        if context.within:  # the record does not say where it lies
            context = replace(context, area=_known(self.stream.load(case_id).state).area_path)

        def allow(record: CaseRecord) -> None:
            case = _known(record)
            if case.reporter_id not in mine():
                reach().over(self.reads.public_area).require(area_path=case.area_path)
            if working.names(case.body_id):
                raise refusals.works_for_the_body()

        return self.stream.handle(case_id, command, context, allow)

    def ratings(self, case_id: str, permit: Permit) -> Sequence[CaseRated]:
        """The ratings of a case with their comments, the earliest first. Raises CASE_UNKNOWN."""
        permit(jurisdiction_of(self.stream.load(case_id).state))
        history = self.stream.history(case_id)
        return [recorded.event for recorded in history if isinstance(recorded.event, CaseRated)]

    def trail(
        self, case_id: str, permit: Permit, fresh: FreshOfCases
    ) -> tuple[KnownCase, Sequence[TrailEntry]]:
        """All that happened to a case, in the order in which it was recorded. Raises CASE_UNKNOWN."""
        self.upstream.heard(fresh)
        record = self.stream.load(case_id).state
        permit(jurisdiction_of(record))
        return _known(record), trail_of(self.stream.history(case_id), self.own_source)

    def public_trail(self, public_id: str) -> Sequence[TrailEntry]:
        """What of it everybody may see: what is internal is left out. Raises CASE_UNKNOWN."""
        case_id = self.reads.case_of(public_id)
        if case_id is None:
            raise refusals.case_unknown()
        trail = trail_of(self.stream.history(case_id), self.own_source)
        return [entry for entry in trail if not entry.internal]


def jurisdiction_of(record: CaseRecord) -> Jurisdiction:
    """Whose grants cover a record: those for the case's area, or for its body. Raises CASE_UNKNOWN."""
    case = _known(record)
    return Jurisdiction(area_path=case.area_path, body_id=case.body_id)


def _known(record: CaseRecord) -> KnownCase:
    if isinstance(record, Blank):
        raise refusals.case_unknown()
    return record.case
