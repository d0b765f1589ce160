"""What the parts of an opening cost, each alone in one thread, and what the server needs for all of it.

All of it is processor time: others on the machine slow it, but are not counted.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from linli.cases.v1 import cases_service_pb2 as pb

from e2e.bench.callers import Callers, Rate, opening
from e2e.bench.figures import Figure
from e2e.bench.ground import LOADED, Ground
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context, Draft, Metadata, utc_now
from libs.ledger.store.ledger import Append
from libs.ledger.streams.folded import Folded
from libs.rpc.digest import digest
from libs.rpc.normal import normal_of
from libs.rpc.validation import rules_of
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import OpenService, open_service
from services.cases.adapters.views.reference import ReferenceReads
from services.cases.application.reference import Reference
from services.cases.application.report import Report
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import OpenCase
from services.cases.domain.case.events import CaseEvent
from services.cases.domain.case.situations import Case
from services.cases.domain.values import Channel, public_id
from services.cases.entrypoints.wire.case import case_shown
from services.cases.entrypoints.wire.words import point_of
from services.cases.wiring import SERVICE

DATABASE = "cases_account"
_ROUNDS = 5
_REQUEST = pb.OpenCaseRequest.DESCRIPTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A case on its way: what was asked, what happens, and how it stands then."""

    request: pb.OpenCaseRequest
    command: OpenCase
    events: Sequence[CaseEvent]
    metadata: Sequence[Metadata]
    after: Folded[Case]

    @property
    def draft(self) -> Draft:
        pairs = list(zip(self.events, self.metadata, strict=True))
        return Draft(stream=f"case-{self.command.case_id}", expected_version=0, events=pairs)


def measure(ground: Ground) -> Figure:
    """Each part, then the whole."""
    ground.loaded()
    with ground.postgres() as server:
        ground.copy_database(server, LOADED, DATABASE)
        environ = {**os.environ, **ground.environ(DATABASE)}
        with closing(open_service(SERVICE, read(Settings, environ), environ, listen=False)) as opened:
            costs = _costs(opened, 50 if ground.quick else 500)
        with ground.cases_server(DATABASE) as served, Callers(served, threads=1, processes=1) as caller:
            caller.run("open", 2.0)
            seconds = 2.0 if ground.quick else 10.0
            whole, nothing = (_of_server(caller.run(work, seconds)) for work in ("open", "no-op"))
    costs["commit"] -= costs["encode"] + costs["terms"]
    others = whole - nothing - sum(costs.values())
    parts = {**costs, "views and the turns of threads": others, "an rpc that does nothing": nothing}
    return Figure(
        name="OpenCase by one caller",
        measured=f"{whole:,.0f} us of the server's processor:"
        f" {', '.join(f'{part} {micros:.0f}' for part, micros in parts.items())}",
    )


def _of_server(rate: Rate) -> float:
    """Microseconds of the server's processor for one piece of work."""
    return 1e6 * rate.usage.cores["server"] / rate.rate


def _costs(opened: OpenService, pieces: int) -> dict[str, float]:
    """Microseconds of each part: the least of some rounds, for that was disturbed least."""
    picture = Reference().after(ReferenceReads(opened.views).noted_after(0))
    found: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        cases = [_case(picture, opening(number)) for number in range(pieces)]
        for name, work in _parts(opened, picture).items():
            began = time.process_time()
            for case in cases:
                work(case)
            found.setdefault(name, []).append(1e6 * (time.process_time() - began) / pieces)
    return {name: min(costs) for name, costs in found.items()}


def _case(picture: Reference, request: pb.OpenCaseRequest) -> _Opened:
    case_id, now = new_id(), utc_now()
    report = Report(
        affair_id=request.affair_id,
        channel=Channel.WEB,
        at=now,
        point=point_of(request),
        description=request.description,
        address=request.address,
    )
    facts = picture.facts(report.affair_id, report.point, "", now)
    number, receipt = public_id("LL", case_id), "0" * 32
    command = report.as_command(case_id, number, facts, imported=False, reporter_known=True, receipt=receipt)
    events = CASE.decide(command, CASE.initial)
    context = Context(
        actor="bench", area=facts.area_path, request_id=request.request_id, request_digest="0" * 64
    )
    metadata = [context.metadata(now) for _ in events]
    after = Folded(state=CASE.initial).with_new(events, metadata, CASE.evolve)
    return _Opened(request=request, command=command, events=events, metadata=metadata, after=after)


def _parts(opened: OpenService, picture: Reference) -> Mapping[str, Callable[[_Opened], object]]:
    ledger, normal, rules = opened.ledger, normal_of(_REQUEST, "CN"), rules_of(_REQUEST)

    def read_request(case: _Opened) -> None:
        request = pb.OpenCaseRequest.FromString(case.request.SerializeToString())
        normal(request)
        rules(request)
        digest(request)

    def find_facts(case: _Opened) -> None:
        picture.facts(case.request.affair_id, case.command.point, "", case.command.at)

    def encode(case: _Opened) -> None:
        draft = case.draft
        ledger.keys.expect_new(case.command.case_id)
        for event, metadata in draft.events:
            ledger.mapper.encode(draft.stream, event, metadata)

    def blind(case: _Opened) -> None:
        draft = case.draft
        for event, metadata in draft.events:
            list(ledger.mapper.terms(ledger.keys, draft.stream, event, metadata))

    return {
        "request": read_request,
        "facts": find_facts,
        "decide": lambda case: CASE.decide(case.command, CASE.initial),
        "evolve": lambda case: Folded(state=CASE.initial).with_new(case.events, case.metadata, CASE.evolve),
        "encode": encode,
        "terms": blind,
        "commit": lambda case: ledger.append(Append(drafts=[case.draft])),
        "answer": lambda case: case_shown(case.after.state).SerializeToString(),
    }
