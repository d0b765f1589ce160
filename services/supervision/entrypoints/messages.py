"""From what supervision counts and knows to protobuf messages."""

from collections.abc import Mapping
from typing import Any

from linli.cases.v1 import cases_types_pb2 as cases
from linli.supervision.v1 import supervision_service_pb2 as pb
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.moments import stamp_or_none
from services.supervision.application.ports import Name
from services.supervision.application.scoreboard import Score
from services.supervision.application.trail import TrailEntry
from services.supervision.domain.events import CaseRated
from services.supervision.domain.metrics import Metric
from services.supervision.domain.values import ClockKind, Named

_CLOCKS = {
    ClockKind.FIRST_RESPONSE: cases.CLOCK_KIND_FIRST_RESPONSE,
    ClockKind.RESOLUTION: cases.CLOCK_KIND_RESOLUTION,
    None: cases.CLOCK_KIND_UNSPECIFIED,
}


def localized(name: Name | None) -> LocalizedText | None:
    """A name as it travels; not set if it is not known."""
    return None if name is None else LocalizedText(zh=name[0], en=name[1])


def state(stored: str) -> cases.CaseState.ValueType:
    """A state by its stored name."""
    return cases.CaseState.Value(f"CASE_STATE_{stored.upper()}")


def channel(stored: str) -> cases.Channel.ValueType:
    """A channel by its stored name; unspecified for one that this release does not know."""
    known = cases.Channel.DESCRIPTOR.values_by_name.get(f"CHANNEL_{stored.upper()}")
    return cases.CHANNEL_UNSPECIFIED if known is None else cases.Channel.Value(known.name)


def score(counted: Score, name: Name | None) -> pb.ScoreboardRow:
    """One row of a scoreboard; rates and durations that nothing is known about stay unset."""
    return pb.ScoreboardRow(
        group_id=counted.group_id,
        name=localized(name),
        cases=counted.cases,
        states=[
            pb.StateCount(state=state(each), cases=count) for each, count in counted.states.items() if count
        ],
        open=counted.open,
        on_time=counted.on_time,
        late=counted.late,
        without_promise=counted.without_promise,
        overdue=counted.overdue,
        on_time_rate=counted.on_time_rate,
        median_close_seconds=counted.median_close_seconds,
        p90_close_seconds=counted.p90_close_seconds,
        reopened=counted.reopened,
        reopen_rate=counted.reopen_rate,
        returned=counted.returned,
        return_rate=counted.return_rate,
        first_response_breached=counted.first_response_breached,
        resolution_breached=counted.resolution_breached,
        ratings=counted.ratings,
        average_rating=counted.average_rating,
    )


def open_case(row: Mapping[str, Any], names: Mapping[Named, Mapping[str, Name]]) -> pb.OpenCase:
    """One open case with the names of what it concerns."""
    area_id = row["area_path"].rpartition("/")[2]
    return pb.OpenCase(
        case_id=row["case_id"],
        public_id=row["public_id"],
        state=state(row["state"]),
        body_id=row["body_id"] or "",
        body_name=localized(names[Named.BODY].get(row["body_id"])),
        affair_id=row["affair_id"],
        affair_name=localized(names[Named.AFFAIR].get(row["affair_id"])),
        area_path=row["area_path"],
        area_name=localized(names[Named.AREA].get(area_id)),
        channel=channel(row["channel"]),
        opened_time=stamp_or_none(row["opened_at"]),
        due_time=stamp_or_none(row["due_at"]),
        returns=row["returns"],
        reopenings=row["reopenings"],
    )


def metric(defined: Metric) -> pb.Metric:
    """A definition."""
    return pb.Metric(name=defined.name, definition=LocalizedText(zh=defined.zh, en=defined.en))


def rating(rated: CaseRated) -> pb.Rating:
    """A rating; the comment of an erased person is gone."""
    return pb.Rating(
        rater_id=rated.rater_id,
        stars=rated.stars,
        comment=(rated.comment.value or "") if rated.comment else "",
        by_reporter=rated.by_reporter,
        rated_time=stamp_or_none(rated.at),
    )


def trail_entry(entry: TrailEntry) -> pb.TrailEntry:
    """One thing that happened, for auditors."""
    return pb.TrailEntry(
        number=entry.number,
        type=entry.type,
        time=stamp_or_none(entry.at),
        recorded_time=stamp_or_none(entry.recorded_at),
        noted_time=stamp_or_none(entry.noted_at),
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
        clock=_CLOCKS[entry.clock],
        stars=entry.stars,
    )


def public_trail_entry(entry: TrailEntry) -> pb.PublicTrailEntry:
    """One thing that happened, for everybody: no person, no reason, no trace."""
    return pb.PublicTrailEntry(
        number=entry.number,
        type=entry.type,
        time=stamp_or_none(entry.at),
        body_id=entry.body_id,
        clock=_CLOCKS[entry.clock],
        event_id=entry.event_id,
    )
