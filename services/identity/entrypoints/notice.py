"""The rpcs about notices."""

from functools import partial

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.domain.preferences import Chosen
from services.identity.entrypoints.consent import themself_or_registering
from services.identity.entrypoints.wire.notice import choice_of, notice_shown, preferences_shown


class NoticeApi:
    """How people are told about their cases, and what they were told."""

    def __init__(self, app: App) -> None:
        self._app = app

    def set_notice_preferences(
        self, request: pb.SetNoticePreferencesRequest, call: Call
    ) -> pb.SetNoticePreferencesResponse:
        """Set how a person is told."""
        resident_id = request.resident_id or call.me
        handled = self._app.notices.set(
            resident_id,
            choice_of(request),
            call.at,
            call.context(),
            partial(themself_or_registering, call),
        )
        chosen = handled.state.chosen if isinstance(handled.state, Chosen) else None
        shown = preferences_shown(resident_id, chosen, self._app.notices.zone)
        call.showing(resident_id)
        return pb.SetNoticePreferencesResponse(preferences=shown, revision=handled.revision)

    def get_notice_preferences(
        self, _request: pb.GetNoticePreferencesRequest, call: Call
    ) -> pb.GetNoticePreferencesResponse:
        """Show how the caller is told."""
        chosen = self._app.notices.of(call.me)
        shown = preferences_shown(call.me, chosen, self._app.notices.zone)
        return pb.GetNoticePreferencesResponse(preferences=shown)

    def list_notices(self, request: pb.ListNoticesRequest, call: Call) -> pb.ListNoticesResponse:
        """Read a page of the caller's notices."""
        page = self._app.notices.list(request, call.my_ids, Fresh.of(request, call))
        return pb.ListNoticesResponse(
            notices=[notice_shown(row, worded) for row, worded in page.notices],
            next_page_token=page.next_token,
            unread_count=page.unread,
            time_zone=page.zone,
        )

    def mark_notice_read(self, request: pb.MarkNoticeReadRequest, call: Call) -> pb.MarkNoticeReadResponse:
        """Mark one of the caller's notices as read."""
        read_at, revision = self._app.notices.mark_read(
            request.notice_id, call.my_ids, call.at, call.context()
        )
        return pb.MarkNoticeReadResponse(
            notice_id=request.notice_id, read_time=stamp(read_at), revision=revision
        )
