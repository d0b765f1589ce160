"""What happened to a case, for those who may read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.ledger.personal import Personal
from libs.ledger.recorded import Recorded
from libs.rpc.moments import stamp
from services.cases.domain.case import events
from services.cases.entrypoints.wire.merges import merge_summary
from services.cases.entrypoints.wire.words import attachments_shown, evidence_shown


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a case: staff, or its reporter, who hears neither what is for colleagues nor who acted.

    `masked`: without personal texts. `reporter_id`: the reporter's, if they have an account.
    """

    masked: bool = False
    reporter_id: str | None = None
    is_reporter: bool = False
    subject: str = ""  # under whose key the reporter's own words lie


def history_shown(history: Iterable[Recorded[Any]], reader: Reader) -> list[pb.HistoryEntry]:
    """What happened, as far as the reader hears of it."""
    if not reader.is_reporter:
        return [history_entry_shown(recorded, reader.masked) for recorded in history]
    heard = [recorded for recorded in history if not _for_colleagues(recorded.event)]
    merges = {_command(recorded) for recorded in heard if merge_summary(recorded.event) is not None}
    entries = []
    for recorded in heard:
        entry = history_entry_shown(recorded, _of_another(recorded.event, reader))
        if _command(recorded) in merges:  # why is for colleagues, whatever else came of the merge
            entry.reason = ""
        entries.append(_unnamed(entry, reader.reporter_id))
    return entries


def _command(recorded: Recorded[Any]) -> tuple[str, str | None]:
    """By what an event is known to come of the same command as another one."""
    return recorded.metadata.actor, recorded.metadata.request_id


def _of_another(event: object, reader: Reader) -> bool:
    """Whether another reporter of the same matter says why."""
    words = getattr(event, "reason", None)
    return isinstance(words, Personal) and words.subject != reader.subject


def _for_colleagues(event: object) -> bool:
    return isinstance(event, events.NoteAdded) and not event.to_reporter


def _unnamed(entry: pb.HistoryEntry, reporter_id: str | None) -> pb.HistoryEntry:
    """An entry without who acted, unless it was the reporter."""
    entry.actor = entry.actor if entry.actor == reporter_id else ""
    entry.on_behalf_of = entry.on_behalf_of if entry.on_behalf_of == reporter_id else ""
    entry.request_id = entry.trace_id = entry.correlation_id = entry.delegation_id = ""
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
        summary=merge_summary(event),
        attachments=_attachments(recorded, masked),
        delegation_id=about.delegation_id or "",
    )


def _attachments(recorded: Recorded[Any], masked: bool) -> list[types.Attachment]:
    """What came with an objection, for those who can read it; what came with an answer stands in the note."""
    if not isinstance(event := recorded.event, events.CaseReopened | events.RejectionContested):
        return []
    return attachments_shown(event.attachments, told=bool(_reason(recorded, masked)))


def _reason(recorded: Recorded[Any], masked: bool) -> str:
    """Why: staff's reasons are for all who may read the history, a reporter's are personal data."""
    if not _is_of_reporter(recorded.event):
        return recorded.metadata.why or ""
    if masked:
        return ""
    said = recorded.event.reason
    return (said.value if said is not None else recorded.metadata.why) or ""  # so it was once kept


def _is_of_reporter(event: object) -> bool:
    """Whether the reason is a reporter's own word."""
    match event:
        case events.CaseWithdrawn() | events.CaseReopened(by_reporter=True) | events.RejectionContested():
            return True
        case _:
            return False


def authors(history: Iterable[Recorded[Any]], masked: bool) -> set[str]:
    """Under whose keys the reporters' words that staff are shown lie: of a merged matter, several."""
    told = (each.event.reason for each in history if not masked and _is_of_reporter(each.event))
    return {said.subject for said in told if said is not None and said.value}
