"""The greeter service of greeter.proto, compiled when the tests begin, and an api that serves it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import duration_pb2, timestamp_pb2  # noqa: F401 # the greeter imports them
from google.protobuf.descriptor import ServiceDescriptor

from libs.ledger.decider import Kind, Refusal
from libs.query import filters
from libs.query.paging import Page, ascending
from libs.rpc.call import Call
from libs.testkit import patience, protos
from libs.testkit.eventually import eventually

_PACKAGE = "linli.greeter.v1"


protos.compiled(Path(__file__).with_name("greeter.proto"))
SERVICE: ServiceDescriptor = protos.service(f"{_PACKAGE}.GreeterService")


def message(name: str) -> Any:
    """A message class of the greeter."""
    return protos.message_class(f"{_PACKAGE}.{name}")


NOTES = {
    "n1": ("la/central/nc-1", "lasan", "a bin"),
    "n2": ("la/central/nc-2", "bos", "a lamp"),
    "n3": ("la/harbor/nc-9", "lasan", "a sofa"),
}
"""Notes by id: area path, owning body, text."""

FILTERS = filters.Filters(body_id=filters.text("body_id"))


class Greeter:
    """Serves the greeter; `trouble` is raised by GetGreeting, which answers when `released` is set."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.released = threading.Event()
        self.released.set()
        self.begun: list[str] = []
        self.calls: list[Call] = []

    def get_greeting(self, request: Any, call: Call) -> Any:
        self.begun.append(request.greeted)
        self.calls.append(call)
        if self.trouble is not None:
            raise self.trouble
        assert self.released.wait(patience.seconds(60)), "nobody lets it answer"
        return message("GetGreetingResponse")(greeting=f"你好 {request.greeted}")

    def get_note(self, request: Any, call: Call) -> Any:
        if request.note_id == "unchecked":
            return message("GetNoteResponse")()
        if request.note_id not in NOTES:
            raise Refusal(Kind.NOT_FOUND, "NOTE_NOT_FOUND", "there is no such note", note_id=request.note_id)
        area_path, body, text = NOTES[request.note_id]
        call.require(area_path=area_path, body=body)
        return message("GetNoteResponse")(text=text)

    def write_note(self, request: Any, call: Call) -> Any:
        self.calls.append(call)
        return message("WriteNoteResponse")(revision=call.at.isoformat())

    def list_notes(self, request: Any, call: Call) -> Any:
        page = Page.of(request, (ascending("note_id"),))
        FILTERS.compile(request.filter)
        seen = [note for note, (path, _, _) in sorted(NOTES.items()) if call.reach.covers(area_path=path)]
        rows = [{"note_id": note} for note in seen if page.after is None or note > str(page.after[0])]
        kept, following = page.cut(rows[: page.fetch])
        return message("ListNotesResponse")(
            note_ids=[row["note_id"] for row in kept], next_page_token=following
        )

    def get_own_name(self, request: Any, call: Call) -> Any:
        return message("GetOwnNameResponse")(name=call.me)

    def forgotten(self, request: Any, call: Call) -> Any:
        return message("ForgottenResponse")()

    def half_declared(self, request: Any, call: Call) -> Any:
        return message("HalfDeclaredResponse")()

    def follow_notes(self, request: Any, call: Call) -> Iterator[Any]:
        self.calls.append(call)
        if request.wanted != 77:
            call.require(area_path="la/central/nc-1")
        for number in range(request.wanted):
            yield message("FollowNotesResponse")(number=number)
        if request.wanted == 0:
            eventually(lambda: not call.active, "its caller leaves", seconds=60)
