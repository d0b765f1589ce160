"""Dispatches: the loop that tells endpoints of events, several at a time, and each in order.

What was taken is recorded after it was taken. A process that dies in between sends the same messages again
under the same ids: at least once. An endpoint that is away or slow holds up nobody but itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.notify.channel import ChannelAway, NotSent
from libs.notify.turns import Turns
from libs.query.reach import Limit, Reach
from libs.retry.backoff import Backoff
from services.identity.application.area import AreaStream
from services.identity.application.client import ClientStream
from services.identity.application.webhook import SCOPE, DispatchStream, WebhookStream, told_of
from services.identity.application.webhook_ports import Carrier, EndpointReads, Heard, HeardReads
from services.identity.domain import area, client
from services.identity.domain.dispatch import (
    DispatchCommand,
    EndpointFailed,
    MessageParked,
    MessagesTaken,
    Parked,
    ParkMessage,
    RecordFailure,
    RecordReplayTaken,
    RecordTaken,
    ReplayTaken,
)
from services.identity.domain.webhook import STREAM, EndWebhooks, Webhook


class Outcome(StrEnum):
    """What became of a message: it was taken; it is parked; or it is tried again, and all behind it wait."""

    TAKEN = "taken"
    PARKED = "parked"
    WAITS = "waits"


TRIES = 10
"""How often a message is tried that the endpoint refuses, before it is parked."""
_PAUSES = Backoff(first=1.0, most=900.0)
_AT_ONCE, _SLOW_ONES = 8, 4
_SLOW = 2.0  # seconds for one message; such endpoints have half of the threads at most
_LONGEST_TURN, _PAGE = 5.0, 50  # seconds and events; then others have their turn
_IDLE_PAGES = 10  # pages without a message, after which the place is recorded none the less
_CONTEXT = Context(actor="webhooks")


@dataclass(slots=True)
class _Course:
    """What is remembered of an endpoint while this process sends."""

    seen: int = 0
    resumes_at: datetime | None = None
    failures: int = 0
    message_id: str = ""
    tries: int = 0
    slow: bool = False
    served: float = 0.0
    ends: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatches:
    """What is sent to whom, and when."""

    webhooks: WebhookStream
    stream: DispatchStream
    clients: ClientStream
    areas: AreaStream
    heard: HeardReads
    endpoints: EndpointReads
    carrier: Carrier
    clock: Callable[[], datetime]
    told: Callable[[str], None]
    trouble: Callable[[str, Exception], None]
    _courses: dict[str, _Course] = field(default_factory=dict)
    _turns: Turns = field(default_factory=lambda: Turns(_AT_ONCE, "webhook"))

    def work(self, leads: Callable[[], None]) -> int:
        """Give endpoints that may be told something their turn, and wait for none of them; always 0."""
        leads()
        if not (listed := self._in_turn()):
            return 0
        head, known, now = self.heard.head(), self.endpoints.all(), self.clock()
        for webhook in listed:
            course, endpoint = self._courses[webhook.webhook_id], known.get(webhook.webhook_id)
            if endpoint is None or (max(course.seen, endpoint.until) >= head and not endpoint.again):
                continue
            if course.resumes_at is None or course.resumes_at <= now:
                self._begin(webhook, course)
        return 0

    def close(self) -> None:
        """Send nothing more; waits for what is under way."""
        self._turns.close()

    def _in_turn(self) -> list[Webhook]:
        """All webhooks, the one that waited longest for its turn first."""
        listed = self.webhooks.load(STREAM).state.listed
        for gone in self._courses.keys() - {each.webhook_id for each in listed}:
            del self._courses[gone]
        for each in listed:
            self._courses.setdefault(each.webhook_id, _Course())
        return sorted(listed, key=lambda each: self._courses[each.webhook_id].served)

    def _begin(self, webhook: Webhook, course: _Course) -> None:
        running = self._turns.running()
        slow = sum(each.slow for webhook_id, each in self._courses.items() if webhook_id in running)
        if webhook.webhook_id in running or (course.slow and slow >= _SLOW_ONES):
            return
        course.resumes_at = None
        self._turns.begin(webhook.webhook_id, partial(self._turn, webhook, course))

    def _turn(self, webhook: Webhook, course: _Course) -> None:
        course.ends = time.monotonic() + _LONGEST_TURN
        try:
            if self._may_hear(webhook):
                self._again(webhook, course)
                self._onwards(webhook, course)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is said, and tried again
            self.trouble(webhook.webhook_id, error)
            self._pause(course)
        finally:
            course.served = time.monotonic()

    def _may_hear(self, webhook: Webhook) -> bool:
        """Whether its client may read events now; the webhooks of a retired one end."""
        state = self.clients.load(webhook.client_id).state
        if isinstance(state, client.Active):
            return SCOPE in state.scopes
        self.webhooks.handle(STREAM, EndWebhooks(client_id=webhook.client_id, at=self.clock()), _CONTEXT)
        return False

    def _again(self, webhook: Webhook, course: _Course) -> None:
        """Send what had been parked, and is to be sent once more."""
        for parked in self.stream.load(webhook.webhook_id).state.again:
            heard = self.heard.at(parked.place)
            if self._ends(course) or heard is None:
                return
            if self._post(webhook, course, heard) is Outcome.TAKEN:
                id_, message_id = webhook.webhook_id, parked.message_id
                taken = ReplayTaken(webhook_id=id_, message_id=message_id, taken_at=self.clock())
                self._record(webhook, RecordReplayTaken(taken=taken))

    def _onwards(self, webhook: Webhook, course: _Course) -> None:
        """Send what follows, page by page, until there is no more, it fails, or others have their turn."""
        until, head, idle = self.stream.load(webhook.webhook_id).state.until, self.heard.head(), 0
        course.seen, more = max(course.seen, until), True
        while more and not self._ends(course):
            page, count = self.heard.after(course.seen, webhook.registered_at, _PAGE), 0
            for heard in page:
                if self._is_for(webhook, heard):
                    outcome = Outcome.WAITS if self._ends(course) else self._post(webhook, course, heard)
                    if outcome is Outcome.WAITS:
                        break
                    count += outcome is Outcome.TAKEN
                course.seen = heard.place
            else:
                more = len(page) == _PAGE
                course.seen = course.seen if more else max(course.seen, head)
            idle = 0 if count else idle + 1
            if course.seen > until and (count or idle > _IDLE_PAGES):
                until, id_ = course.seen, webhook.webhook_id
                taken = MessagesTaken(webhook_id=id_, until=until, count=count, taken_at=self.clock())
                self._record(webhook, RecordTaken(taken=taken))

    def _ends(self, course: _Course) -> bool:
        over = time.monotonic() > course.ends
        return over or self._turns.stopped or course.resumes_at is not None

    def _is_for(self, webhook: Webhook, heard: Heard) -> bool:
        """Whether an event is of its kinds, and the feed would show it to its client."""
        if not webhook.wants(heard.event):
            return False
        owner = self.clients.load(webhook.client_id).state
        if not isinstance(owner, client.Active):
            return False
        reach = Reach((Limit(owner.within.area_path, owner.within.body_id),))
        place = None if reach.everything else self.areas.load(heard.event.area_id or "none").state
        path = place.path if isinstance(place, area.Defined) else None
        return any(reach.covers(area_path=path, body=body) for body in (heard.event.body_ids or (None,)))

    def _post(self, webhook: Webhook, course: _Course, heard: Heard) -> Outcome:
        """Send one message. What is not taken pauses the endpoint; what is refused too often is parked."""
        message_id, began = derived_id(webhook.webhook_id, heard.event.event_id), time.monotonic()
        try:
            self.carrier.send(told_of(webhook, message_id, heard.event, self.clock()))
        except NotSent as failed:
            away = isinstance(failed, ChannelAway)
            self.told("away" if away else "refused")
            if not away and self._parks(webhook, course, message_id, heard, failed.reason):
                return Outcome.PARKED
            self._pause(course)
            id_, now = webhook.webhook_id, self.clock()
            waits = EndpointFailed(webhook_id=id_, reason=failed.reason, failed_at=now)
            self._record(webhook, RecordFailure(failed=waits))
            return Outcome.WAITS
        finally:
            course.slow = time.monotonic() - began > _SLOW
        self.told("sent")
        course.failures = course.tries = 0
        return Outcome.TAKEN

    def _parks(self, webhook: Webhook, course: _Course, message_id: str, heard: Heard, reason: str) -> bool:
        """Count a refusal; whether that was the last one for this message, and it is parked now."""
        course.tries = course.tries + 1 if course.message_id == message_id else 1
        course.message_id = message_id
        if course.tries < TRIES:
            return False
        parked = Parked(
            message_id=message_id,
            place=heard.place,
            kind=heard.event.kind,
            case_id=heard.event.case_id,
            reason=reason,
            parked_at=self.clock(),
        )
        command = ParkMessage(parked=MessageParked(webhook_id=webhook.webhook_id, parked=parked))
        if not self._record(webhook, command):
            return False
        self.told("parked")
        self._pause(course)
        return True

    def _pause(self, course: _Course) -> None:
        course.failures += 1
        course.resumes_at = self.clock() + timedelta(seconds=_PAUSES.pause(course.failures))

    def _record(self, webhook: Webhook, command: DispatchCommand) -> bool:
        return bool(self.stream.handle(webhook.webhook_id, command, _CONTEXT).events)
