"""The rpcs of those who write to each other about a case."""

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.query.freshness import Fresh
from libs.query.reach import Reach, not_covered
from libs.rpc.call import Call, invalid
from libs.rpc.moments import stamp_or_none
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.conversation import Message
from services.cases.domain.case.situations import Opened
from services.cases.domain.conversation import MessageSent
from services.cases.domain.values import Party
from services.cases.entrypoints.case import masked_for
from services.cases.entrypoints.wire.conversation import conversation_shown, overdue_shown
from services.cases.entrypoints.wire.history import Reader
from services.cases.entrypoints.wire.words import PARTIES, attachments_of


class ConversationApi:
    """Writing and reading."""

    def __init__(self, app: App) -> None:
        self._app = app

    def send_message(self, request: pb.SendMessageRequest, call: Call) -> pb.SendMessageResponse:
        """Write to another party."""
        case = self._app.conversations.case(request.case_id)
        message = Message(
            sender=_sender(request, call, case),
            addressee=PARTIES.from_wire(request.to),
            text=request.text,
            answers=request.answers_message_id or None,
            answer_wanted=request.answer_wanted,
            attachments=attachments_of(request),
        )
        handled = self._app.conversations.send(case, message, call.now(), call.context())
        (sent,) = (event for event in handled.events if isinstance(event, MessageSent))
        return pb.SendMessageResponse(
            message_id=sent.message_id, due_time=stamp_or_none(sent.due_at), revision=handled.revision
        )

    def get_conversation(self, request: pb.GetConversationRequest, call: Call) -> pb.GetConversationResponse:
        """All of it."""
        case = self._app.conversations.case(request.case_id)
        reader = reader_of(call, case)
        call.showing(case.file.subject)
        messages = conversation_shown(self._app.conversations.history(request.case_id), reader)
        return pb.GetConversationResponse(messages=messages, personal_data_masked=reader.masked)

    def list_overdue_messages(
        self, request: pb.ListOverdueMessagesRequest, call: Call
    ) -> pb.ListOverdueMessagesResponse:
        """A page of what was not answered in time."""
        rows, token = self._app.conversations.overdue(request, call.reach, Fresh.of(request, call))
        return pb.ListOverdueMessagesResponse(messages=map(overdue_shown, rows), next_page_token=token)


def reader_of(call: Call, case: Opened) -> Reader:
    """As whom the caller reads a case: as staff, as its reporter, or as staff without texts.

    Refuses OUT_OF_REACH. A resident's own grant covers the area, too: it does not count here.
    """
    of, mine, reporter_id = permits.area_and_body(case), call.my_ids, case.file.reporter_id
    call.require_within(of.area_path)
    masked = masked_for(call, case)
    if masked and reporter_id in mine and call.has("cases.report"):
        return Reader(is_reporter=True, reporter_id=reporter_id, subject=case.file.subject)
    call.caller.reach("cases.read").require(area_path=of.area_path, body=of.body_id)
    return Reader(masked=masked)


def _sender(request: pb.SendMessageRequest, call: Call, case: Opened) -> Party:
    """As which party the caller writes: the one they name, or the first that they belong to."""
    of = permits.area_and_body(case)
    belongs = [party for party in Party if _belongs(call, case, party)]
    if not belongs:
        raise not_covered(of.area_path, of.body_id)
    if not request.as_party:
        return belongs[0]
    party = PARTIES.from_wire(request.as_party)
    if party not in belongs:
        named = ", ".join(types.CaseParty.Name(PARTIES.to_wire(each)) for each in belongs)
        raise invalid("as_party", f"you may write as {named}")
    return party


def _belongs(call: Call, case: Opened, party: Party) -> bool:
    """Whether the caller writes for a party: as the reporter, for the body, or for the area."""
    of, caller = permits.area_and_body(case), call.caller
    match party:
        case Party.RESIDENT:
            return case.file.reporter_id in call.my_ids and call.has("cases.report")
        case Party.DEPARTMENT:
            limits = caller.reach("cases.work").limits
            for_bodies = Reach(tuple(limit for limit in limits if limit.body or not limit.path))
            return of.body_id is not None and for_bodies.covers(area_path=of.area_path, body=of.body_id)
        case Party.COMMUNITY:
            limits = caller.reach("cases.dispatch", "cases.work").limits
            for_areas = Reach(tuple(limit for limit in limits if not limit.body))
            return for_areas.covers(area_path=of.area_path)
