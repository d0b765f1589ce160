"""A case with its texts and its history, for those who may read them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.ledger.personal import Personal
from libs.ledger.recorded import Recorded
from libs.rpc.moments import stamp
from services.cases.application.case import CaseRecord
from services.cases.domain.case import events
from services.cases.domain.case.situations import Closed, Confirmed, Resolved
from services.cases.domain.values import Point
from services.cases.entrypoints.wire.case import case_shown
from services.cases.entrypoints.wire.pauses import pause_requests_shown
from services.cases.entrypoints.wire.words import evidence_shown


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a case: staff, or its reporter, who hears neither what is for colleagues nor who acted.

    `masked`: without personal texts. `reporter_id`: the reporter's, if they have an account.
    """

    masked: bool = False
    reporter_id: str | None = None
    is_reporter: bool = False


Telling = Callable[[Personal | None], str]
"""What is shown of a personal text: "" where it was never said, was erased, or is masked."""


def full_case_shown(record: CaseRecord, masked: bool) -> pb.GetCaseResponse:
    """A case with its texts, which are left empty if `masked`."""
    told = _telling(masked)
    return pb.GetCaseResponse(
        case=case_shown(record.state, told=True),
        report=_report(record, told, masked),
        outcome=_outcome(record, told),
        notes=_notes(record, told),
        evidence=_evidence(record),
        personal_data_masked=masked,
        content_erased=_content_erased(record),
        pause_requests=_pause_requests(record, named=True),
        revision=record.revision,
    )


def my_case_shown(record: CaseRecord) -> pb.MyCase:
    """A case with its texts, as its reporter reads it: without what colleagues noted for each other."""
    told = _telling(masked=False)
    return pb.MyCase(
        case=case_shown(record.state, told=True),
        report=_report(record, told, masked=False),
        notes=(_unsigned(note) for note in _notes(record, told) if note.to_reporter),
        outcome=_outcome(record, told),
        content_erased=_content_erased(record),
        history=history_shown(
            record.history, Reader(is_reporter=True, reporter_id=record.state.file.reporter_id)
        ),
        evidence=_evidence(record),
        pause_requests=_pause_requests(record, named=False),
    )


def case_content(record: CaseRecord, reader: Reader) -> dict[str, Any]:
    """The fields of whoever follows the case: as in the answers that staff and reporter get."""
    shown = my_case_shown(record) if reader.is_reporter else full_case_shown(record, reader.masked)
    return {
        "case": shown.case,
        "report": shown.report,
        "outcome": shown.outcome,
        "notes": shown.notes,
        "content_erased": shown.content_erased,
        "pause_requests": shown.pause_requests,
        "revision": record.revision,
    }


def _pause_requests(record: CaseRecord, *, named: bool) -> list[pb.PauseRequest]:
    """The pauses beyond the limit that were asked for; the reporter is told which area decided, not who."""
    pending = record.state.file.pause_request
    return pause_requests_shown(record.history, pending.pause_id if pending else None, named=named)


def _unsigned(note: pb.Note) -> pb.Note:
    """A note as the reporter reads it: it is the body that answers, whoever wrote."""
    note.author_id = ""
    return note


def _telling(masked: bool) -> Telling:
    return lambda text: "" if masked or text is None else text.value or ""


def _notes(record: CaseRecord, told: Telling) -> Iterator[pb.Note]:
    for recorded in record.history:
        match recorded.event:
            case events.NoteAdded(note_id=note_id, text=text, to_reporter=to_reporter, at=at):
                body_id = ""
            case events.ReporterAnswered(note_id=note_id, text=text, body_id=body_id, at=at):
                to_reporter = True
            case _:
                continue
        yield pb.Note(
            note_id=note_id,
            text=told(text),
            to_reporter=to_reporter,
            author_id=recorded.metadata.actor,
            body_id=body_id,
            added_time=stamp(at),
        )


def _outcome(record: CaseRecord, told: Telling) -> str:
    """What was done, in the words of the last resolution."""
    resolution = _resolution(record)
    return told(resolution.outcome) if resolution else ""


def _evidence(record: CaseRecord) -> Iterator[types.EvidenceReference]:
    """What the body showed for its last resolution."""
    resolution = _resolution(record)
    return map(evidence_shown, resolution.evidence if resolution else ())


def _resolution(record: CaseRecord) -> events.CaseResolved | None:
    """The last one, unless the case was taken up again since."""
    if not isinstance(record.state, Resolved | Confirmed | Closed):
        return None
    return next(
        each.event for each in reversed(record.history) if isinstance(each.event, events.CaseResolved)
    )


def _content_erased(record: CaseRecord) -> bool:
    return any(_erased(recorded.event) for recorded in record.history)


def _erased(event: events.CaseEvent) -> bool:
    """Whether something that the event told can be read no more."""
    match event:
        case events.CaseOpened(place=place, description=description, address=address, contact=contact):
            texts: tuple[Personal | None, ...] = (place, description, address, contact)
        case (
            events.NoteAdded(text=text)
            | events.ReporterAnswered(text=text)
            | events.CaseResolved(outcome=text)
            | events.CaseWithdrawn(reason=text)
            | events.CaseReopened(reason=text)
            | events.RejectionContested(reason=text)
        ):
            texts = (text,)
        case _:
            texts = ()
    return any(text is not None and text.value is None for text in texts)


def history_shown(history: Iterable[Recorded[Any]], reader: Reader) -> list[pb.HistoryEntry]:
    """What happened, as far as the reader hears of it."""
    if not reader.is_reporter:
        return [history_entry_shown(recorded, reader.masked) for recorded in history]
    heard = [recorded for recorded in history if not _for_colleagues(recorded.event)]
    return [_unnamed(history_entry_shown(recorded, masked=False), reader.reporter_id) for recorded in heard]


def _for_colleagues(event: object) -> bool:
    return isinstance(event, events.NoteAdded) and not event.to_reporter


def _unnamed(entry: pb.HistoryEntry, reporter_id: str | None) -> pb.HistoryEntry:
    """An entry without who acted, unless it was the reporter."""
    entry.actor = entry.actor if entry.actor == reporter_id else ""
    entry.on_behalf_of = entry.on_behalf_of if entry.on_behalf_of == reporter_id else ""
    entry.request_id = entry.trace_id = entry.correlation_id = ""
    return entry


def history_entry_shown(recorded: Recorded[Any], masked: bool) -> pb.HistoryEntry:
    """One thing that happened, as an auditor sees it; without a reporter's own words if `masked`."""
    about, event = recorded.metadata, recorded.event
    return pb.HistoryEntry(
        version=recorded.version,
        event=f"{pb.DESCRIPTOR.package}.{type(event).__name__}",
        occurred_time=stamp(event.at),
        recorded_time=stamp(recorded.recorded_at),
        actor=about.actor,
        on_behalf_of=about.on_behalf_of or "",
        reason=_reason(recorded, masked),
        request_id=about.request_id or "",
        trace_id=(about.traceparent or "")[3:35],
        correlation_id=about.correlation_id or "",
        legal_basis=getattr(event, "legal_basis", ""),
        outcome_code=getattr(event, "outcome_code", ""),
        evidence=map(evidence_shown, getattr(event, "evidence", ())),
    )


def _reason(recorded: Recorded[Any], masked: bool) -> str:
    """Why: staff's reasons are for all who may read the history, a reporter's are personal data."""
    match recorded.event:
        case (
            events.CaseWithdrawn(reason=said)
            | events.CaseReopened(by_reporter=True, reason=said)
            | events.RejectionContested(reason=said)
        ):
            if masked:
                return ""
            told = said.value if said is not None else recorded.metadata.why  # so it was once kept
            return told or ""
        case _:
            return recorded.metadata.why or ""


def _report(record: CaseRecord, told: Telling, masked: bool) -> pb.Report:
    opened = record.history[0].event
    if not isinstance(opened, events.CaseOpened):
        raise TypeError("the history of a case begins with CaseOpened")
    report = pb.Report(
        description=told(opened.description), address=told(opened.address), contact=told(opened.contact)
    )
    if (where := _where(opened)) and not masked:
        report.location.CopyFrom(types_pb2.Point(latitude=where.latitude, longitude=where.longitude))
    return report


def _where(opened: events.CaseOpened) -> Point | None:
    """The exact place, unless it was erased; older events hold it in clear beside what was erased."""
    if _erased(opened):
        return None
    if opened.place is not None and opened.place.value is not None:
        return Point.from_words(opened.place.value)
    return opened.point
