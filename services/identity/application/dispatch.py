"""Dispatches: the loop that sends events to endpoints, to several at a time, and to each in order.

What was taken is recorded after it was taken. A process that dies in between sends the same messages again
under the same ids: at least once. An endpoint that is away or slow holds up nobody but itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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
from services.identity.domain import client
from services.identity.domain.area.situations import Defined
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

TRIES = 10
"""How often a message is tried that the endpoint refuses, before it is parked."""
_PAUSES = Backoff(first=1.0, most=900.0)
_AT_ONCE, _SLOW_ONES = 8, 4
_SLOW = 2.0  # seconds for one message; such endpoints have half of the threads at most
_LONGEST_TURN, _PAGE = 5.0, 50  # seconds and events; then others have their turn
_FULL, _NOT_ALLOWED = 1.0, timedelta(seconds=10)  # pauses: all places are taken; a client lacks the scope
_IDLE_PAGES = 10  # pages without a message, after which the place is recorded none the less
_CONTEXT = Context(actor="webhooks")


@dataclass(slots=True)
class _Course:
    """What is remembered of an endpoint while this process sends.

    `seen`: a place in the ledger, in its incarnation `life`; `why` it took nothing the last time, or nothing.
    """

    life: int
    seen: int = 0
    why: str = ""
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
        """Give endpoints for which there may be something their turn; 1 if there was no place for all."""
        leads()
        if not (listed := self._in_turn()):
            return 0
        head, known, now = self.heard.head(), self.endpoints.all(), self.clock()
        for webhook in listed:
            course, endpoint = self._courses[webhook.webhook_id], known.get(webhook.webhook_id)
            if endpoint is None or (max(course.seen, endpoint.until) >= head and not endpoint.again):
                continue
            due = course.resumes_at is None or course.resumes_at <= now
            if due and not self._begin(webhook, course, leads):
                return 1
        return 0

    def drain(self) -> None:
        """Wait for what is under way, so that nobody else sends it too."""
        self._turns.ended(self._turns.running(), 90.0)

    def close(self) -> None:
        """Send nothing more; waits for what is under way."""
        self._turns.close()

    def _in_turn(self) -> list[Webhook]:
        """All webhooks, the one that waited longest for its turn first."""
        listed, life = self.webhooks.load(STREAM).state.listed, self.webhooks.ledger.life.number
        for gone in self._courses.keys() - {each.webhook_id for each in listed}:
            del self._courses[gone]
        for each in listed:
            if self._courses.setdefault(each.webhook_id, _Course(life)).life != life:
                self._courses[each.webhook_id] = _Course(life)  # places of a lost history say nothing
        return sorted(listed, key=lambda each: self._courses[each.webhook_id].served)

    def _begin(self, webhook: Webhook, course: _Course, leads: Callable[[], None]) -> bool:
        """Whether it has its turn, or is not to have it now; else no place became free for it."""
        running = self._turns.running()
        slow = sum(each.slow for webhook_id, each in self._courses.items() if webhook_id in running)
        if webhook.webhook_id in running or (course.slow and slow >= _SLOW_ONES):
            return True
        leads()
        course.resumes_at = None
        return self._turns.begin(webhook.webhook_id, partial(self._turn, webhook, course), patience=_FULL)

    def _turn(self, webhook: Webhook, course: _Course) -> None:
        course.ends, course.why = time.monotonic() + _LONGEST_TURN, ""
        try:
            if (reach := self._reach(webhook)) is not None:
                self._again(webhook, course)
                self._onwards(webhook, course, reach)
            else:
                course.resumes_at = self.clock() + _NOT_ALLOWED
            if course.why:
                id_, now = webhook.webhook_id, self.clock()
                failed = EndpointFailed(webhook_id=id_, reason=course.why, failed_at=now)
                self._record(webhook, course, RecordFailure(failed=failed))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is said, and tried again
            self.trouble(webhook.webhook_id, error)
            self._pause(course)
        finally:
            course.served = time.monotonic()

    def _reach(self, webhook: Webhook) -> Reach | None:
        """How far its client may read events now, if it may; the webhooks of a retired one end."""
        state = self.clients.load(webhook.client_id).state
        if isinstance(state, client.Active):
            limit = Limit(state.within.area_path, state.within.body_id)
            return Reach((limit,)) if SCOPE in state.scopes else None
        self.webhooks.handle(STREAM, EndWebhooks(client_id=webhook.client_id, at=self.clock()), _CONTEXT)
        return None

    def _again(self, webhook: Webhook, course: _Course) -> None:
        """Send what had been parked, and is to be sent once more."""
        for parked in self.stream.load(webhook.webhook_id).state.again:
            if self._ends(course):
                return
            if (heard := self.heard.at(parked.place)) is None:
                self._give_up(webhook, course, parked)
            elif self._post(webhook, course, heard):
                id_, message_id = webhook.webhook_id, parked.message_id
                taken = ReplayTaken(webhook_id=id_, message_id=message_id, taken_at=self.clock())
                self._record(webhook, course, RecordReplayTaken(taken=taken))

    def _give_up(self, webhook: Webhook, course: _Course, parked: Parked) -> None:
        """Park it for good if its event is kept no more; the view may only not have got there yet."""
        if parked.place <= self.heard.gone():
            again = replace(parked, reason="event_no_longer_kept", parked_at=self.clock())
            message = MessageParked(webhook_id=webhook.webhook_id, parked=again)
            self._record(webhook, course, ParkMessage(parked=message))

    def _onwards(self, webhook: Webhook, course: _Course, reach: Reach) -> None:
        """Send what follows, page by page, until there is no more, it fails, or others have their turn."""
        until, head, idle = self.stream.load(webhook.webhook_id).state.until, self.heard.head(), 0
        course.seen, more = max(course.seen, until), True
        while more and not self._ends(course):
            page, count = self.heard.after(course.seen, webhook.registered_at, _PAGE), 0
            for heard in page:
                if webhook.wants(heard.event) and self._covers(reach, heard):
                    if self._ends(course) or not self._post(webhook, course, heard):
                        break
                    count += 1
                course.seen = heard.place
            else:
                more = len(page) == _PAGE
                course.seen = course.seen if more else max(course.seen, head)
            idle = 0 if count else idle + 1
            if course.seen > until and (count or idle > _IDLE_PAGES):
                until, id_ = course.seen, webhook.webhook_id
                taken = MessagesTaken(webhook_id=id_, until=until, count=count, taken_at=self.clock())
                self._record(webhook, course, RecordTaken(taken=taken))

    def _ends(self, course: _Course) -> bool:
        over = time.monotonic() > course.ends or not self._counts(course)
        return over or self._turns.stopped or course.resumes_at is not None

    def _counts(self, course: _Course) -> bool:
        """Whether the places in the ledger that a course speaks of are still those."""
        return course.life == self.stream.ledger.life.number

    def _covers(self, reach: Reach, heard: Heard) -> bool:
        """Whether the feed would show an event to somebody who reaches so far."""
        place = None if reach.everything else self.areas.load(heard.event.area_id or "none").state
        path = place.path if isinstance(place, Defined) else None
        return any(reach.covers(area_path=path, body=body) for body in (heard.event.body_ids or (None,)))

    def _post(self, webhook: Webhook, course: _Course, heard: Heard) -> bool:
        """Send one message; whether it was taken. If not, the endpoint pauses; after `TRIES` it is parked."""
        message_id, began = derived_id(webhook.webhook_id, heard.event.event_id), time.monotonic()
        try:
            self.carrier.send(told_of(webhook, message_id, heard.event, self.clock()))
        except NotSent as failed:
            away = isinstance(failed, ChannelAway)
            self.told("away" if away else "refused")
            if away or not self._parks(webhook, course, message_id, heard, failed.reason):
                course.why = failed.reason
            self._pause(course)
            return False
        finally:
            course.slow = time.monotonic() - began > _SLOW
        self.told("sent")
        course.failures = course.tries = 0
        return True

    def _parks(self, webhook: Webhook, course: _Course, message_id: str, heard: Heard, reason: str) -> bool:
        """Count a refusal; whether that was the last one for this message, and it is parked now."""
        course.tries = course.tries + 1 if course.message_id == message_id else 1
        course.message_id = message_id
        if course.tries < TRIES:
            return False
        kind, case_id, at = heard.event.kind, heard.event.case_id, self.clock()
        parked = Parked(
            message_id=message_id, place=heard.place, kind=kind, case_id=case_id, reason=reason, parked_at=at
        )
        command = ParkMessage(parked=MessageParked(webhook_id=webhook.webhook_id, parked=parked))
        if is_parked := self._record(webhook, course, command):
            course.failures = 0  # it does answer: the next one need not wait for long
            self.told("parked")
        return is_parked

    def _pause(self, course: _Course) -> None:
        course.failures += 1
        course.resumes_at = self.clock() + timedelta(seconds=_PAUSES.pause(course.failures))

    def _record(self, webhook: Webhook, course: _Course, command: DispatchCommand) -> bool:
        return self._counts(course) and bool(self.stream.handle(webhook.webhook_id, command, _CONTEXT).events)
