"""The rpcs of those who follow cases as they change."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from linli.cases.v1 import cases_events_pb2 as published
from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.recorded import Recorded
from libs.ledger.revision import Revision
from libs.ledger.views.view import ViewBehind
from libs.messaging.live import Changes, Live
from libs.messaging.live import Following as Stream
from libs.messaging.stretch import Entry
from libs.query.freshness import Fresh
from libs.query.reach import Limit, Reach
from libs.rpc.call import Call, invalid
from libs.rpc.pause import Pause
from libs.rules.areas import AreaPath, within
from services.cases.application.app import App
from services.cases.application.following import Following
from services.cases.application.ports import CaseRow
from services.cases.domain.case.situations import Opened
from services.cases.entrypoints.conversation import reader_of
from services.cases.entrypoints.wire.case import case_listed, case_shown_to, public_case_shown
from services.cases.entrypoints.wire.conversation import conversation_shown
from services.cases.entrypoints.wire.faces import Faces
from services.cases.entrypoints.wire.history import authors, history_shown
from services.cases.entrypoints.wire.record import case_content

T = TypeVar("T")

FOR_THE_PUBLIC = frozenset(
    message.DESCRIPTOR.full_name
    for message in (
        published.CaseOpened,
        published.CaseRouted,
        published.CaseUnowned,
        published.CaseAccepted,
        published.CaseReturned,
        published.AdjudicationOpened,
        published.CaseReassigned,
        published.WorkStarted,
        published.CasePaused,
        published.PauseApproved,
        published.PauseLapsed,
        published.CaseResumed,
        published.CaseResolved,
        published.CaseConfirmed,
        published.CaseClosed,
        published.CaseWithdrawn,
        published.CaseRejected,
        published.RejectionContested,
        published.CaseReopened,
        published.CaseMerged,
        published.CaseUnmerged,
        published.DuplicateAdded,
        published.DuplicateRemoved,
        published.DeadlineBreached,
        published.MomentAnnulled,
    )
)
"""What the public hears of: what its face of a case shows. Not that somebody wrote a note."""

_NEWEST = 200
"""Cases with which a list that is followed begins."""
_TRIES, _BETWEEN = 100, 0.05


class FollowingApi:
    """Cases, followed."""

    def __init__(self, app: App, live: Live) -> None:
        self._app = app
        self._live = live
        self._faces = Faces()

    def follow_case(
        self, request: pb.FollowCaseRequest, call: Call
    ) -> Iterator[pb.FollowCaseResponse | Pause]:
        """One case, as the reporter or as staff."""
        record = self._app.cases.one(request.case_id)
        reader_of(call, record.state)
        with self._live.follow(call, (f"case-{request.case_id}",), request.resume_token) as stream:
            if not stream.resumed:
                yield self._case_now(request.case_id, call, stream)
            for changes in stream.changes():
                if isinstance(changes, Pause):
                    yield changes
                elif not changes.entries:
                    yield pb.FollowCaseResponse(resume_token=changes.token)
                elif (news := self._case_now(request.case_id, call, stream, since=changes)).changes:
                    yield news

    def follow_my_cases(
        self, request: pb.FollowMyCasesRequest, call: Call
    ) -> Iterator[pb.FollowMyCasesResponse | Pause]:
        """The caller's own reports."""
        mine, area, reports = call.my_ids, call.consented_area, self._app.reports
        wanted = tuple(f"reporter-{each}" for each in mine)
        with self._live.follow(call, wanted, request.resume_token) as stream:
            if not stream.resumed:
                query = pb.ListMyCasesRequest(page_size=_NEWEST)
                rows, _ = yield from _as_now(lambda fresh: reports.listed(query, mine, fresh, area), stream)
                yield pb.FollowMyCasesResponse(cases=map(case_listed, rows), resume_token=stream.token)
            for changes in stream.changes():
                if isinstance(changes, Pause):
                    yield changes
                    continue
                states = self._states(changes)
                near = {each: state for each, state in states.items() if within(state.file.area_path, area)}
                yield pb.FollowMyCasesResponse(
                    cases=(case_shown_to(state, mine) for state in near.values()),
                    changes=[_change(entry, near) for entry in changes.entries if case_of(entry) in near],
                    resume_token=changes.token,
                )

    def follow_public_cases(
        self, request: pb.FollowPublicCasesRequest, call: Call
    ) -> Iterator[pb.FollowPublicCasesResponse | Pause]:
        """The public face of some cases, or of all cases of an area."""
        wanted, rows_now = self._public(request, call)
        area_of, faces = self._app.following.public_area, self._faces
        with self._live.follow(call, wanted, request.resume_token) as stream:
            if not stream.resumed:
                rows = yield from _as_now(rows_now, stream)
                cases = [public_case_shown(row, area_of(row["area_path"])) for row in rows]
                yield pb.FollowPublicCasesResponse(cases=cases, resume_token=stream.token)
            for changes in stream.changes():
                if isinstance(changes, Pause):
                    yield changes
                    continue
                states = self._states(changes)
                yield pb.FollowPublicCasesResponse(
                    cases=[faces.of(state, area_of(state.file.area_path)) for state in states.values()],
                    changes=[_change(entry, states, public=True) for entry in changes.entries],
                    resume_token=changes.token,
                )

    def _case_now(
        self, case_id: str, call: Call, stream: Stream, since: Changes | None = None
    ) -> pb.FollowCaseResponse:
        """The case as it is, and what happened since the caller heard of it last."""
        record, talk = self._app.cases.one(case_id), self._app.conversations.history(case_id)
        reader = reader_of(call, record.state)
        elsewhere = record.surviving.history if record.surviving else ()
        both: list[Recorded[Any]] = [*record.history, *talk, *elsewhere]
        both.sort(key=lambda recorded: recorded.position)
        begin = both[-1].position + 1 if since is None else since.entries[0].event.sequence
        news = [recorded for recorded in both if recorded.position >= begin]
        stream.reached(both[-1].position)
        call.showing(record.state.file.subject)
        if not reader.is_reporter:
            surviving = [record.surviving.state.file.subject] if record.surviving else []
            call.showing(*surviving, *authors(news, reader.masked))
        return pb.FollowCaseResponse(
            **case_content(record, reader),
            personal_data_masked=reader.masked,
            messages=conversation_shown(talk, reader),
            changes=history_shown(news, reader),
            resume_token=stream.token,
        )

    def _public(
        self, request: pb.FollowPublicCasesRequest, call: Call
    ) -> tuple[Sequence[str], Callable[[Fresh], Sequence[CaseRow]]]:
        """What is followed, and what reads it as it is now."""
        app, area_path = self._app, request.area_path
        if bool(request.public_ids) == bool(area_path):
            raise invalid("area_path", "give public_ids or an area_path, and not both")
        if area_path:
            call.reach.over(app.following.public_area).require(area_path=area_path)
            app.following.require_area(AreaPath(area_path), call.caller.reach("cases.read"))
            query, covered = pb.ListCasesRequest(page_size=_NEWEST), Reach((Limit(path=area_path),))
            return (f"area-{area_path}",), lambda fresh: app.cases.listed(query, "", covered, fresh)[0]
        _ = call.reach  # whoever knows a number may follow it
        numbers = tuple(dict.fromkeys(request.public_ids))
        return [f"public-{each}" for each in numbers], lambda fresh: app.following.of_numbers(numbers, fresh)

    def _states(self, changes: Changes) -> dict[str, Opened]:
        """The cases that the events are about, as they are now."""
        newest = dict[str, int]()
        for entry in changes.entries:
            of_case = entry.event.subject.startswith("case-")
            case_id = case_of(entry)
            newest[case_id] = entry.event.subject_version if of_case else newest.get(case_id, 0)
        return {each: self._app.following.state(each, version) for each, version in newest.items()}


def case_of(entry: Entry) -> str:
    """The case that an event is about: its own (`case-3f2a`), or its conversation's."""
    return entry.event.subject.partition("-")[2]


def keys(following: Following, entry: Entry) -> Iterable[str]:
    """By what an event is followed: case and reporters; number and areas, if the public hears of it."""
    of_case = entry.event.subject.startswith("case-")
    # a merge changes who reported a case: what counts is who did by this event
    file = following.state(case_of(entry), entry.event.subject_version if of_case else 0).file
    for report in file.reports if of_case else file.reports[:1]:
        yield f"case-{report.case_id}"
        if report.reporter_id and not _for_colleagues(entry):
            yield f"reporter-{report.reporter_id}"
    if entry.type in FOR_THE_PUBLIC:
        yield f"public-{file.public_id}"
        yield from (f"area-{path}" for path in _from_the_top(file.area_path))


def _for_colleagues(entry: Entry) -> bool:
    """Whether it is a note that the reporter does not see."""
    message = entry.published.message
    return isinstance(message, published.NoteAdded) and not message.to_reporter


def _from_the_top(area_path: str) -> Iterator[str]:
    """`la`, `la/central`, `la/central/nc-1`."""
    parts = area_path.split("/")
    return ("/".join(parts[:many]) for many in range(1, len(parts) + 1))


def _change(entry: Entry, states: dict[str, Opened], *, public: bool = False) -> pb.CaseChange:
    event, case_id = entry.event, case_of(entry)
    return pb.CaseChange(
        case_id="" if public else case_id,
        public_id=states[case_id].file.public_id,
        event=entry.type,
        occurred_time=event.time,
        recorded_time=event.recorded_time,
    )


def _as_now(read: Callable[[Fresh], T], stream: Stream) -> Generator[Pause, None, T]:
    """What a view says that has seen everything recorded so far; waits for it without a thread."""
    now = stream.newest()
    fresh = Fresh(str(Revision(now, 0, stream.life)), patience=0.0)
    for _ in range(_TRIES):
        try:
            rows = read(fresh)
        except ViewBehind:
            yield Pause(_BETWEEN)
        else:
            stream.reached(now)
            return rows
    return read(fresh)
