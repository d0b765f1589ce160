"""People at work while things break: whole lives of cases, new affairs and bodies, over gRPC.

Every request is sent again, under its request_id, until it is answered; what was answered is
written down, for the checker.
"""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText

from e2e.chaos.evidence import Acknowledged, Turned
from e2e.chaos.gate import Gate
from e2e.city.platform import City
from e2e.journeys.town import ELM, PIPE, POTHOLE, TOWN, stamp
from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit.patience import Wait

_TURNED = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED)
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)
ANSWERED_WITHIN = 20.0
_GIVE_UP = 120.0
"""Seconds, of a calm machine, after which a request that nobody answers is a failure of the run."""


def enter(addresses: Mapping[str, str], token: Token, **tls: Any) -> City:
    """The services of a cluster in somebody's name; `tls` as `connect` takes it."""
    patience = Patience(tries=1)  # the load tries again by itself, and for longer
    return City(connect(addresses, token, deadline=ANSWERED_WITHIN, patience=patience, **tls))


class Refused(Exception):
    """A request of the load was refused, or nobody answered it."""

    def __init__(self, failed: RpcFailed, rpc: str, request_id: str, tries: int, seconds: float) -> None:
        super().__init__(f"{failed} (sent {tries} times in {seconds:.0f} s)")
        self.failed = failed
        self.rpc = rpc
        self.request_id = request_id


@dataclass(slots=True)
class Caller:
    """One person at work, in a thread of their own."""

    name: str
    city: City
    chance: random.Random
    stop: threading.Event
    pause: float
    gate: Gate = field(default_factory=Gate)
    told: list[Acknowledged] = field(default_factory=list)
    turned: list[Turned] = field(default_factory=list)
    again: int = 0
    stories: int = 0
    failed: str = ""
    _seen: str = ""

    def run(self) -> None:
        """Tell story after story until it is time to stop; the one begun is told to its end."""
        try:
            while not self.stop.is_set():
                with self.gate.story():
                    self._tell()
                self.stories += 1
                self.stop.wait(self.chance.uniform(0, 2 * self.pause))
        except Exception as failed:  # noqa: BLE001  # told where the load is ended
            self.failed = f"{self.name}: {failed}"

    def _tell(self) -> None:
        """A story to its end, or until something that it has seen is not there any more."""
        self._seen = ""
        try:
            self._story()
        except Refused as refused:
            if refused.failed.code not in _TURNED:
                raise
            self.turned.append(
                Turned(
                    rpc=refused.rpc,
                    request_id=refused.request_id,
                    reason=refused.failed.reason,
                    story=self._now,
                )
            )

    def _story(self) -> None:
        match self.chance.random():
            case draw if draw < 0.1:
                self._affair()
            case draw if draw < 0.2:
                self._body()
            case draw if draw < 0.35:
                self._late_case()
            case _:
                self._case()

    def _affair(self) -> None:
        """The catalog grows: cases and supervision hear of it."""
        affair_id = f"{self.name}-{self.stories}"
        defining = catalog.DefineAffairRequest(affair_id=affair_id, name=LocalizedText(zh="新事项"))
        self.does("catalog", "define_affair", defining)
        for allowed in (True, False):
            deciding = catalog.DecideAnonymityRequest(affair_id=affair_id, anonymous_allowed=allowed)
            self.does("catalog", "decide_anonymity", deciding)

    def _body(self) -> None:
        """Somebody new may answer: everybody hears of it."""
        key = kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=f"{self.name}-{self.stories}")
        registering = identity.RegisterBodyRequest(
            natural_key=key,
            kind=kinds.BODY_KIND_GOVERNMENT_DEPARTMENT,
            name=LocalizedText(zh="新单位"),
            area_id=TOWN,
        )
        self.does("identity", "register_body", registering)

    def _case(self) -> None:
        """A case from its opening to one of its ends; some of them ask volunteers for help.

        Each step is decided on what the one before it answered.
        """
        opening = cases.OpenCaseRequest(
            affair_id=self.chance.choice([PIPE, POTHOLE]),
            channel=types.CHANNEL_WEB,
            area_id=ELM,
            description="水从井盖下涌出",
            assisted=self.chance.random() < 0.4,
        )
        opened = self.does("cases", "open_case", opening)
        case_id, self._seen = opened.case.case_id, opened.revision
        if self.chance.random() < 0.2:
            rejecting = cases.RejectCaseRequest(case_id=case_id, reason="not ours", reason_code="not-ours")
            self.does("cases", "reject_case", rejecting)
            return
        self.does("cases", "accept_case", cases.AcceptCaseRequest(case_id=case_id))
        self.does("cases", "start_work", cases.StartWorkRequest(case_id=case_id))
        if self.chance.random() < 0.3:
            pausing = cases.PauseCaseRequest(case_id=case_id, reason="rain", reason_code="weather")
            self.does("cases", "pause_case", pausing)
            self.does("cases", "resume_case", cases.ResumeCaseRequest(case_id=case_id))
        self.does("cases", "add_note", cases.AddNoteRequest(case_id=case_id, text="在修"))
        resolving = cases.ResolveCaseRequest(case_id=case_id, outcome_code="resolved", outcome="修好了")
        self.does("cases", "resolve_case", resolving)

    def _late_case(self) -> None:
        """A case of last month, taken over from elsewhere: the clocks find all its limits used up."""
        now = datetime.now(UTC)
        opened = self.takes_over(now - timedelta(days=30), now - timedelta(days=29))
        self.does("cases", "accept_case", cases.AcceptCaseRequest(case_id=opened.case_id))

    def takes_over(self, opened_at: datetime, as_of: datetime) -> cases.Case:
        """A case that was opened elsewhere at a moment, and is handed to the clocks as of another."""
        system = f"{self.name}-{self.stories}"
        opening = cases.OpenCaseRequest(
            affair_id=PIPE,
            channel=types.CHANNEL_WEB,
            area_id=ELM,
            external_reference=types.ExternalReference(system=system, number="1"),
            occurred_time=stamp(opened_at),
        )
        self.does("cases", "register_external_system", cases.RegisterExternalSystemRequest(system=system))
        opened = self.does("cases", "open_case", opening)
        handing = cases.FinishImportRequest(system=system, as_of_time=stamp(as_of), at_least=opened.revision)
        while self._ask("cases", "finish_import", handing).remaining:
            pass
        case: cases.Case = opened.case
        return case

    def does(self, service: str, rpc: str, request: Message) -> Any:
        """Ask until there is an answer, and write it down."""
        request_id = f"{self.name}-{len(self.told)}"
        request.request_id = request_id  # type: ignore[attr-defined] # every command has it
        if self._seen:
            request.if_revision = self._seen  # type: ignore[attr-defined] # every command on a case has it
        answer = self._ask(service, rpc, request)
        self.told.append(
            Acknowledged(
                service=service,
                rpc=rpc,
                request_id=request_id,
                revision=answer.revision,
                story=self._now,
            )
        )
        if self._seen:
            self._seen = answer.revision
        return answer

    @property
    def _now(self) -> str:
        """The story that is being told."""
        return f"{self.name}-{self.stories}"

    def _ask(self, service: str, rpc: str, request: Message) -> Any:
        call = getattr(getattr(self.city, service), rpc)
        patience, began, tries = Patience(first=0.05, most=1.0), time.monotonic(), 0
        wait = Wait(_GIVE_UP)
        while True:
            try:
                return call(request)
            except RpcFailed as failed:
                asked = time.monotonic() - began
                if not (failed.passing or failed.code in _AWAY) or wait.over():
                    request_id = str(getattr(request, "request_id", ""))
                    raise Refused(failed, f"{service}.{rpc}", request_id, tries + 1, asked) from failed
                pause = patience.pause(tries + 1, failed.retry_after)
            tries += 1
            self.again += 1
            time.sleep(pause)


class Load:
    """Some callers at once. In a `with`: at its end they finish what they have begun."""

    def __init__(self, callers: Sequence[Caller], stop: threading.Event) -> None:
        self._callers = callers
        self._stop = stop
        self._threads = [threading.Thread(target=caller.run, name=caller.name) for caller in callers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for caller in self._callers:
            caller.city.client.close()

    @property
    def told(self) -> list[Acknowledged]:
        """All that was acknowledged."""
        return [told for caller in self._callers for told in caller.told]

    @property
    def turned(self) -> list[Turned]:
        """All stories that could not go on."""
        return [turned for caller in self._callers for turned in caller.turned]

    @property
    def failed(self) -> list[str]:
        """Who was refused something, or got no answer at all."""
        return [caller.failed for caller in self._callers if caller.failed]

    @property
    def again(self) -> int:
        """How often a request had to be sent again."""
        return sum(caller.again for caller in self._callers)
