"""Messages and what supervision understands by them: `…_of` reads a message, `…_shown` writes one."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_events_pb2 as told
from linli.cases.v1 import cases_types_pb2 as cases
from linli.supervision.v1 import supervision_service_pb2 as pb
from linli.types.v1.types_pb2 import LocalizedText

from libs.query.freshness import PATIENCE
from libs.rpc.call import Call
from libs.rpc.enums import EnumTable, EnumWords
from libs.rpc.moments import moment, moment_of, stamp, stamp_or_none
from libs.rules.areas import id_of
from services.supervision.application.ports import (
    FreshOfCases,
    Grouping,
    Name,
    OpenCase,
    Question,
    Selection,
)
from services.supervision.application.trail import TrailEntry
from services.supervision.domain.case_record import events
from services.supervision.domain.metrics import Metric, Score
from services.supervision.domain.values import OPEN_STATES, CaseState, ClockKind, MomentKind, Named, Origin

GROUPINGS = EnumTable(pb.Grouping, Grouping)
STATES = EnumTable(cases.CaseState, CaseState)
OPEN_NAMES = {name: value for name, value in STATES.stored.items() if CaseState(value) in OPEN_STATES}
CLOCKS = EnumTable(cases.ClockKind, ClockKind)
MOMENTS = EnumTable(cases.MomentKind, MomentKind)

CHANNELS = EnumWords(cases.Channel)  # words and no enum: cases may open one that this release does not know


# Requests


class Waiting(Protocol):
    """A request that may ask for a revision of the cases service."""

    cases_at_least: str


def fresh_of(request: Waiting, call: Call) -> FreshOfCases:
    """How new the answer must be."""
    return FreshOfCases(
        at_least=getattr(request, "at_least", ""),
        cases_at_least=request.cases_at_least,
        patience=call.patience(PATIENCE),
        aside=call.aside,
    )


def question_of(request: pb.GetScoreboardRequest, now: datetime) -> Question:
    """The scoreboard that is wanted; where it is of an area or an affair, that is still to be looked up."""
    return Question(
        group_by=GROUPINGS.from_wire(request.group_by),
        area_depth=request.area_depth,
        judged_at=moment_of(request, "judged_time") or now,
        selection=Selection(
            body_id=request.body_id,
            opened_from=moment_of(request, "opened_from_time"),
            opened_until=moment_of(request, "opened_until_time"),
        ),
    )


# Scoreboards


def name_shown(name: Name | None) -> LocalizedText | None:
    """A name; not set if it is not known."""
    return None if name is None else LocalizedText(zh=name[0], en=name[1])


def state_shown(stored: str) -> cases.CaseState.ValueType:
    """A state by its stored name."""
    return STATES.to_wire(CaseState(stored))


def score_shown(score: Score, name: Name | None) -> pb.ScoreboardRow:
    """One row of a scoreboard; rates and durations that nothing is known about stay unset."""
    return pb.ScoreboardRow(
        group_id=score.group_id,
        name=name_shown(name),
        cases=score.cases,
        states=[
            pb.StateCount(state=state_shown(state), cases=count)
            for state, count in score.states.items()
            if count
        ],
        open=score.open,
        on_time=score.on_time,
        late=score.late,
        without_promise=score.without_promise,
        overdue=score.overdue,
        on_time_rate=score.on_time_rate,
        median_close_seconds=score.median_close_seconds,
        p90_close_seconds=score.p90_close_seconds,
        reopened=score.reopened,
        reopen_rate=score.reopen_rate,
        returned=score.returned,
        return_rate=score.return_rate,
        first_response_breached=score.first_response_breached,
        resolution_breached=score.resolution_breached,
        ratings=score.ratings,
        average_rating=score.average_rating,
    )


def open_case_shown(row: OpenCase, names: Mapping[Named, Mapping[str, Name]]) -> pb.OpenCase:
    """One open case with the names of what it concerns."""
    body_id = row["body_id"] or ""
    return pb.OpenCase(
        case_id=row["case_id"],
        public_id=row["public_id"],
        state=state_shown(row["state"]),
        body_id=body_id,
        body_name=name_shown(names[Named.BODY].get(body_id)),
        affair_id=row["affair_id"],
        affair_name=name_shown(names[Named.AFFAIR].get(row["affair_id"])),
        area_path=row["area_path"],
        area_name=name_shown(names[Named.AREA].get(id_of(row["area_path"]))),
        channel=CHANNELS.number(row["channel"]),
        opened_time=stamp(row["opened_at"]),
        due_time=stamp_or_none(row["due_at"]),
        returns=row["returns"],
        reopenings=row["reopenings"],
    )


def metric_shown(metric: Metric) -> pb.Metric:
    """A definition."""
    return pb.Metric(name=metric.name, definition=LocalizedText(zh=metric.zh, en=metric.en))


# Case records


def rating_shown(rated: events.CaseRated) -> pb.Rating:
    """A rating; the comment of an erased person is gone."""
    return pb.Rating(
        rater_id=rated.rater_id,
        stars=rated.stars,
        comment=(rated.comment.value or "") if rated.comment else "",
        by_reporter=rated.by_reporter,
        rated_time=stamp(rated.at),
    )


def clock_shown(clock: ClockKind | None) -> cases.ClockKind.ValueType:
    """A clock; unspecified where none is concerned."""
    return cases.CLOCK_KIND_UNSPECIFIED if clock is None else CLOCKS.to_wire(clock)


def moment_shown(moment: MomentKind | None) -> cases.MomentKind.ValueType:
    """A moment of a clock; unspecified where none was annulled."""
    return cases.MOMENT_KIND_UNSPECIFIED if moment is None else MOMENTS.to_wire(moment)


def trail_entry_shown(entry: TrailEntry) -> pb.TrailEntry:
    """One thing that happened, for auditors."""
    return pb.TrailEntry(
        number=entry.number,
        type=entry.type,
        time=stamp(entry.at),
        recorded_time=stamp(entry.recorded_at),
        noted_time=stamp(entry.noted_at),
        actor=entry.actor,
        on_behalf_of=entry.on_behalf_of,
        consent_id=entry.consent_id,
        reason=entry.reason,
        trace_id=entry.trace_id,
        correlation_id=entry.correlation_id,
        event_id=entry.event_id,
        source=entry.source,
        sequence=entry.sequence,
        subject_version=entry.subject_version,
        body_id=entry.body_id,
        clock=clock_shown(entry.clock),
        moment=moment_shown(entry.moment),
        stars=entry.stars,
    )


def public_trail_entry_shown(entry: TrailEntry) -> pb.PublicTrailEntry:
    """One thing that happened, for everybody: no person, no reason, no trace."""
    return pb.PublicTrailEntry(
        number=entry.number,
        type=entry.type,
        time=stamp(entry.at),
        body_id=entry.body_id,
        clock=clock_shown(entry.clock),
        moment=moment_shown(entry.moment),
        event_id=entry.event_id,
    )


By = Callable[[Timestamp], Origin]  # the origin of a fact, from the moment that its event gives


def merge(event: told.CaseMerged, by: By) -> events.MergeNoted:
    """It goes on in another."""
    into, had = event.into_case_id, event.body_id or None
    return events.MergeNoted(into_case_id=into, body_id=had, origin=by(event.merged_time))


def unmerge(event: told.CaseUnmerged, by: By) -> events.UnmergeNoted:
    """It goes on by itself again."""
    body, at = event.body_id or None, by(event.unmerged_time)
    return events.UnmergeNoted(state=STATES.from_wire(event.state), body_id=body, origin=at)


def duplicate(event: told.DuplicateAdded, by: By) -> events.DuplicateNoted:
    """Another case goes on in this one."""
    return events.DuplicateNoted(**_promised(event), origin=by(event.added_time))


def separation(event: told.DuplicateRemoved, by: By) -> events.SeparationNoted:
    """That goes on by itself again."""
    return events.SeparationNoted(**_promised(event), origin=by(event.removed_time))


def _promised(event: told.DuplicateAdded | told.DuplicateRemoved) -> dict[str, Any]:
    """Since when a matter is known, what is due, and what of it was not kept."""
    promised = {each.clock: each for each in event.deadlines}
    response, resolution = map(promised.get, (cases.CLOCK_KIND_FIRST_RESPONSE, cases.CLOCK_KIND_RESOLUTION))
    return {
        "duplicate_id": event.duplicate_case_id,
        "body_id": event.body_id or None,
        "since": moment(event.since_time),
        "first_response_due_at": moment(response.due_time) if response else None,
        "due_at": moment(resolution.due_time) if resolution else None,
        "first_response_breached": bool(response and response.breached),
        "resolution_breached": bool(resolution and resolution.breached),
    }


MERGES: Mapping[type[Message], Callable[[Any, By], events.CaseFact]] = {
    told.CaseMerged: merge,
    told.CaseUnmerged: unmerge,
    told.DuplicateAdded: duplicate,
    told.DuplicateRemoved: separation,
}
