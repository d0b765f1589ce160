"""What an api method is handed beside the request: the caller, the moment, the reach, the deadline."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from datetime import UTC, datetime
from typing import Protocol

from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.ledger.decider import Kind, Refusal
from libs.ledger.delegated import Delegated
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.query.reach import Jurisdiction, Reach, not_covered
from libs.rpc.access import ANONYMOUS, NOBODY, PRIVILEGES_UNKNOWN, Caller, holds_none_of
from libs.rpc.digest import digest
from libs.rpc.limits.quota import Quota
from libs.rpc.once import once
from libs.rpc.peers import NO_PROXIES, Connection, TrustedProxies, called_from
from libs.rpc.principal import Principal
from libs.rules.areas import within

_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
Clock = Callable[[], datetime]


def invalid(field_path: str, wanted: str) -> Refusal:
    """A request field is wrong in a way that no field rule can express: raise it in an api method."""
    return Refusal(Kind.INVALID, "INVALID_REQUEST", wanted, field=field_path)


def wall_clock() -> datetime:
    """The moment now, aware, in UTC."""
    return datetime.now(UTC)


class Wire(Connection, Protocol):
    """What a call needs of grpc's ServicerContext."""

    def is_active(self) -> bool:
        """Whether somebody still waits for the answer."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Call `callback` when the rpc ends; False when it already has."""


class Room(Protocol):
    """Where calls wait (`libs.rpc.waiting.WaitingRoom`)."""

    def place(self, who: str) -> AbstractContextManager[None]:
        """A place for a call of somebody. Raises Rejected when none is left."""


class Call:
    """One rpc being served. Api methods read it; they never keep it.

    `caller` is in whose right it is served, `actor` who makes it. They differ where a helper acts in the name
    of somebody, who is the `principal`: then the caller is the resident, with a resident's rights. An
    officer who acts in the place of another body is the caller with no more than what was `delegated`.
    """

    def __init__(
        self,
        *,
        caller: Caller = NOBODY,
        scopes: tuple[str, ...] = (),
        request: Message | None = None,
        rpc: str = "",
        deadline: float | None = None,
        metadata: Mapping[str, str] | None = None,
        traceparent: str = "",
        clock: Clock = wall_clock,
        wire: Wire | None = None,
        draining: threading.Event | None = None,
        must_consult: bool = False,
        proxies: TrustedProxies = NO_PROXIES,
        room: Room | None = None,
        wake: Callable[[], None] = lambda: None,
        actor: Caller | None = None,
        principal: Principal | None = None,
        delegated: Delegated | None = None,
    ) -> None:
        """`scopes` are those the rpc declares; `deadline` is on `time.monotonic()`; it waits in `room`.

        `wake` (quick, from any thread) lets a stream go on that has yielded a `Pause`.
        With `must_consult` nothing is written, and no answer given, before the reach was looked at.
        """
        self.caller = caller
        self.actor = actor or caller
        self.principal = principal
        self.delegated = delegated
        self.of_affair = delegated is None or not delegated.affair_ids
        self.placed = principal is None or not principal.within
        self.rpc = rpc
        self.deadline = deadline
        self.traceparent = traceparent
        self.wake = wake
        self.metadata: Mapping[str, str] = metadata or {}
        self.consulted = False
        self.shown: set[str] = set()
        self.shows_nobody = False
        self.told: set[int] = set()
        self._scopes = scopes
        self._request = request
        self._clock = clock
        self._wire = wire
        self._draining = draining
        self._must_consult = must_consult
        self._proxies = proxies
        self._room = room

    # -- access ----------------------------------------------------------------------------------

    @property
    def reach(self) -> Reach:
        """How far the caller's grants reach for this rpc; restrict queries with it. Counts as a check."""
        return self.reach_by(*self._scopes)

    def reach_by(self, *scopes: str) -> Reach:
        """How far the caller's grants reach by some scopes, if not by all of the rpc's. Counts as a check."""
        self.consulted = True
        return self.caller.reach(*scopes)

    def require(self, *, area_path: str | None = None, body: str | None = None) -> None:
        """Refuse (PERMISSION_DENIED, OUT_OF_REACH) unless a grant covers the thing. Counts as a check."""
        self.reach.require(area_path=area_path, body=body)

    def permit(self, of: Jurisdiction) -> None:
        """Refuse (OUT_OF_REACH) unless a grant covers the jurisdiction; `call.permit` is a `Permit`."""
        self.require(area_path=of.area_path or None, body=of.body_id or None)
        if of.affair_id:
            self.require_affair(of.affair_id)

    @property
    def me(self) -> str:
        """The caller's own id, for rpcs with DATA_SCOPE_SELF. Counts as a check."""
        self.consulted = True
        return self.caller.subject

    @property
    def quota(self) -> Quota:
        """What the caller may use of each server process. It is the caller's own: counts as a check."""
        self.consulted = True
        return self.caller.quota

    @property
    def my_ids(self) -> tuple[str, ...]:
        """The caller's id, then those of registrations merged into theirs. Counts as a check."""
        self.consulted = True
        return self.caller.ids

    def is_me(self, subject: str) -> bool:
        """Whether an id is one of the caller's. Counts as a check."""
        return subject in self.my_ids

    def require_self(self, subject: str) -> None:
        """Refuse (PERMISSION_DENIED, NOT_YOURS) unless `subject` is the caller. Counts as a check."""
        if not self.is_me(subject):
            raise Refusal(Kind.PERMISSION, "NOT_YOURS", "you may only do this for yourself")

    def assure_consulted(self) -> None:
        """Refuse (ACCESS_NOT_CHECKED) if the rpc must look at the caller's reach and has not yet."""
        if self._must_consult and not self.consulted:
            message = "the api method goes on without having looked at the caller's reach"
            raise Refusal(Kind.PERMISSION, "ACCESS_NOT_CHECKED", message)

    def require_within(self, area_path: str | None) -> None:
        """Refuse (OUT_OF_REACH) a thing that lies outside the area of the consent by which the call is made.

        Whoever calls in their own name is not held to it.
        """
        if self.principal is not None and not within(area_path, self.principal.within):
            raise not_covered(area_path, None)
        self.placed = True

    @property
    def consented_area(self) -> str:
        """The area to which a list is to be kept, by the consent of the call; "": to none."""
        self.placed = True
        return "" if self.principal is None else self.principal.within

    def assure_placed(self) -> None:
        """Refuse (OUT_OF_REACH), by a consent for an area, what nobody held against that area."""
        if not self.placed:
            raise not_covered(None, None)

    def require_affair(self, affair_id: str) -> None:
        """Refuse (OUT_OF_REACH) a matter of another affair than those of the delegation of the call.

        Whoever calls by none, or by one for all affairs, is not held to it.
        """
        if self.delegated is not None and self.delegated.affair_ids:
            if affair_id not in self.delegated.affair_ids:
                raise not_covered(None, None)
            self.of_affair = True

    def assure_of_affair(self) -> None:
        """Refuse (OUT_OF_REACH), by a delegation for some affairs, what nobody held against these."""
        if not self.of_affair:
            raise not_covered(None, None)

    def _assure_held(self) -> None:
        """Refuse to decide what was not held against the caller's reach."""
        self.assure_consulted()
        self.assure_of_affair()

    def showing(self, *subject_ids: str) -> None:
        """Say whose personal data the answer shows: ids of people, or of cases without a registered reporter.

        Of the caller's own data nothing is recorded; of others', before the answer is sent.
        """
        self.shown.update(subject_ids)

    def telling(self, *classes: int) -> None:
        """Say of which classes the answer tells also by what it lacks: that there is nothing is told, too."""
        self.told.update(classes)

    def showing_nobody(self) -> None:
        """Say that this answer is about things alone, although the like of it may show personal data."""
        self.shows_nobody = True

    def has(self, scope: str) -> bool:
        """Whether the caller holds a scope that the rpc does not demand."""
        return self.caller.has(scope)

    def lacks(self, scope: str) -> bool:
        """Whether the caller does not hold a scope. Refuses (KEYS_STALE) while that cannot be told."""
        if scope in self.caller.withheld:
            raise Refusal(Kind.UNAVAILABLE, "KEYS_STALE", PRIVILEGES_UNKNOWN)
        return not self.caller.has(scope)

    @property
    def address(self) -> str:
        """The network address the call comes from; "" if unknown.

        Behind a trusted proxy that of the proxy's caller, behind any other the proxy's own.
        """
        return "" if self._wire is None else called_from(self._wire, self._proxies)

    # -- time ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return self._clock()

    @once
    def at(self) -> datetime:
        """The moment of the command: now, or the request's `occurred_time` if history is imported.

        Refuses OCCURRED_TIME_NOT_ALLOWED without the scope, OCCURRED_TIME_IN_FUTURE.
        """
        return self.occurred_at or self.now()

    @once
    def occurred_at(self) -> datetime | None:
        """The request's `occurred_time`, if it has one and the caller may say so."""
        request = self._request
        if request is None or "occurred_time" not in request.DESCRIPTOR.fields_by_name:
            return None
        if not request.HasField("occurred_time"):
            return None
        field = request.DESCRIPTOR.fields_by_name["occurred_time"]
        scope = field.GetOptions().Extensions[rules_pb2.rules].history_scope
        if not self.caller.has(scope):
            message = f"leave occurred_time out, or call with the scope {scope}"
            raise Refusal(Kind.PERMISSION, "OCCURRED_TIME_NOT_ALLOWED", message)
        occurred: datetime = request.occurred_time.ToDatetime(tzinfo=UTC)  # type: ignore[attr-defined] # looked up above
        if occurred > self.now():
            message = "history lies in the past: give an occurred_time that has passed"
            raise Refusal(Kind.INVALID, "OCCURRED_TIME_IN_FUTURE", message, field="occurred_time")
        return occurred

    @property
    def remaining(self) -> float | None:
        """Seconds until the caller stops waiting; None without a deadline."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def patience(self, most: float) -> float:
        """How long to wait for something: `most` seconds, or less when the deadline is nearer.

        Nobody waits without a token: it would cost nothing to fill the server with such callers.
        """
        if self.caller.anonymous:
            return 0.0
        remaining = self.remaining
        return most if remaining is None else max(0.0, min(most, remaining - 0.05))

    def aside(self) -> AbstractContextManager[None]:
        """Enter it while the call only waits: its thread then counts as a waiter, and no longer as a worker.

        Raises Rejected (RESOURCE_EXHAUSTED) when too many calls wait, of this caller or in all.
        """
        return nullcontext() if self._room is None else self._room.place(self.actor.subject)

    @property
    def active(self) -> bool:
        """Whether the caller still waits and the server does not drain: loops of streams ask it."""
        if self._draining is not None and self._draining.is_set():
            return False
        return self._wire is None or self._wire.is_active()

    def assure_awaited(self) -> None:
        """Refuse (CALLER_GONE) when nobody waits for the answer any more: long work asks it now and then."""
        if self._wire is not None and not self._wire.is_active():
            raise Refusal(Kind.UNAVAILABLE, "CALLER_GONE", "nobody waits for the answer any more")

    def part(self, request: Message, scopes: tuple[str, ...]) -> "Call":
        """The call as a part of its request has it: dated by that part, and by the scopes that it needs.

        To the ledger it is still this request. The part's own reach must be looked at, too.
        Refuses (PERMISSION_DENIED, SCOPE_MISSING) who holds none of the scopes.
        """
        if not any(map(self.has, scopes)) and all(map(self.lacks, scopes)):
            message = holds_none_of(self.caller, scopes)
            raise Refusal(Kind.PERMISSION, "SCOPE_MISSING", message, scopes=",".join(scopes))
        part = copy(self)
        vars(part).update(request_id=self.request_id, request_digest=self.request_digest)
        for dated in ("at", "occurred_at"):
            vars(part).pop(dated, None)
        part.consulted = False
        part._request = request  # noqa: SLF001  # of the same class
        part._scopes = scopes  # noqa: SLF001
        return part

    # -- identity of the request -------------------------------------------------------------------

    @once
    def request_id(self) -> str:
        """The request's `request_id`; "" if it has none."""
        return str(getattr(self._request, "request_id", ""))

    @once
    def request_digest(self) -> str:
        """A digest of the request's content without its id: the same id with another digest is refused.

        By a consent or a delegation it is another request than without, or by another one.
        """
        told = "" if self._request is None else digest(self._request)
        if self.delegated is not None:
            return f"{told} under {self.delegated.delegation_id}"
        return told if self.principal is None else f"{told} by {self.principal.consent_id}"

    def context(
        self,
        *,
        area: str | None = None,
        reason: str | None = None,
        on_behalf_of: str | None = None,
        consent_id: str | None = None,
    ) -> Context:
        """What the ledger keeps with the events of this call; `area` is an area's path.

        `reason` is what the caller typed: it is kept under their key, and never published.
        Its guard lets the stream decide nothing before the caller's reach was looked at. By a consent for an
        area the stream appends nothing elsewhere.
        """
        actor = self.actor.subject or ANONYMOUS
        if self.principal is not None:
            on_behalf_of, consent_id = self.principal.resident_id, self.principal.consent_id
            self.placed = True
        return Context(
            actor=actor,
            on_behalf_of=on_behalf_of or None,
            consent_id=consent_id or None,
            within=self.principal.within if self.principal else "",
            roles=self.caller.roles,
            area=area or None,
            request_id=self.request_id or None,
            request_digest=self.request_digest or None,
            correlation_id=self.correlation_id or None,
            causation_id=self.request_id or None,
            traceparent=self.traceparent or None,
            said=Personal(actor, reason) if reason else None,
            occurred_at=self.occurred_at,
            guard=self._assure_held if self._must_consult else None,
            delegation_id=self.delegated.delegation_id if self.delegated else None,
        )

    @property
    def correlation_id(self) -> str:
        """What ties together all that follows: the caller's `x-correlation-id`, else the trace id."""
        given = self.metadata.get("x-correlation-id", "")
        return given if _CORRELATION.fullmatch(given) else self.traceparent[3:35]
