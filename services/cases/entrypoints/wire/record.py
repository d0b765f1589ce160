"""A case with its texts, for those who may read them."""

from collections.abc import Callable, Iterator
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.ledger.personal import Personal
from libs.rpc.moments import stamp
from services.cases.application.case import CaseRecord
from services.cases.domain.case import events
from services.cases.domain.case.situations import Closed, Confirmed, Resolved
from services.cases.domain.values import Attachment, Point
from services.cases.entrypoints.wire.case import case_shown, without_reporter
from services.cases.entrypoints.wire.history import Reader, history_shown
from services.cases.entrypoints.wire.pauses import pause_requests_shown
from services.cases.entrypoints.wire.words import attachments_shown, evidence_shown

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
        merged_case_ids=(report.case_id for report in record.state.file.reports[1:]),
        personal_data_masked=masked,
        content_erased=_content_erased(record),
        pause_requests=_pause_requests(record, named=True),
        revision=record.revision,
    )


def my_case_shown(record: CaseRecord) -> pb.MyCase:
    """A case with its texts, as its reporter reads it: without what colleagues noted for each other."""
    told = _telling(masked=False)
    file = record.state.file
    reader = Reader(is_reporter=True, reporter_id=file.reporter_id, subject=file.subject)
    return pb.MyCase(
        case=case_shown(record.state, told=True),
        report=_report(record, told, masked=False),
        notes=(_unsigned(note) for note in _notes(record, told) if note.to_reporter),
        outcome=_outcome(record, told),
        content_erased=_content_erased(record),
        history=history_shown(record.history, reader),
        evidence=_evidence(record),
        pause_requests=_pause_requests(record, named=False),
        merged_into=surviving_shown(record, reader),
    )


def surviving_shown(record: CaseRecord, reader: Reader) -> pb.SurvivingCase | None:
    """Where a merged case goes on, and what has happened there since, as its reporter reads it."""
    if record.surviving is None:
        return None
    since = CaseRecord(state=record.surviving.state, history=record.surviving.history)
    told = _telling(masked=reader.masked)
    return pb.SurvivingCase(
        case=without_reporter(case_shown(since.state, told=True)),
        notes=(_unsigned(note) for note in _notes(since, told) if note.to_reporter),
        outcome=_outcome(since, told),
        evidence=_evidence(since),
        history=history_shown(since.history, reader),
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
        "merged_into": surviving_shown(record, reader),
        "revision": record.revision,
    }


def _pause_requests(record: CaseRecord, *, named: bool) -> list[pb.PauseRequest]:
    """The pauses beyond the limit that were requested; the reporter is told which area decided, not who."""
    return pause_requests_shown(record.state.file.pause_requests, record.history, named=named)


def _unsigned(note: pb.Note) -> pb.Note:
    """A note as the reporter reads it: it is the body that answers, whoever wrote."""
    note.author_id = ""
    return note


def _telling(masked: bool) -> Telling:
    return lambda text: "" if masked or text is None else text.value or ""


def _notes(record: CaseRecord, told: Telling) -> Iterator[pb.Note]:
    none: tuple[Attachment, ...] = ()
    for recorded in record.history:
        match recorded.event:
            case events.NoteAdded(note_id=note_id, text=text, to_reporter=to_reporter, at=at):
                body_id, files = "", none
            case events.ReporterAnswered(note_id=note_id, text=text, body_id=body_id, at=at) as answer:
                to_reporter, files = True, answer.attachments
            case _:
                continue
        yield pb.Note(
            note_id=note_id,
            text=told(text),
            to_reporter=to_reporter,
            author_id=recorded.metadata.actor,
            body_id=body_id,
            added_time=stamp(at),
            attachments=attachments_shown(files, told=bool(told(text))),
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


def _report(record: CaseRecord, told: Telling, masked: bool) -> pb.Report:
    opened = record.history[0].event
    if not isinstance(opened, events.CaseOpened):
        raise TypeError("the history of a case begins with CaseOpened")
    report = pb.Report(
        description=told(opened.description), address=told(opened.address), contact=told(opened.contact)
    )
    if (where := _where(opened)) and not masked:
        report.location.CopyFrom(types_pb2.Point(latitude=where.latitude, longitude=where.longitude))
    files_told = not (masked or record.state.file.content_erased or _erased(opened))
    report.attachments.extend(attachments_shown(opened.attachments, told=files_told))
    return report


def _where(opened: events.CaseOpened) -> Point | None:
    """The exact place, unless it was erased; older events hold it in clear beside what was erased."""
    if _erased(opened):
        return None
    if opened.place is not None and opened.place.value is not None:
        return Point.from_words(opened.place.value)
    return opened.point
