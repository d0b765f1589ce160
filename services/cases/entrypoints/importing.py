"""The rpcs by which history of other systems comes in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.decider import Refusal
from libs.ledger.streams.stream import Step
from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction, permitting
from libs.rpc.call import Call, invalid
from libs.rpc.methods import methods_of
from libs.rpc.moments import moment
from libs.rpc.naming import snake_case
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.case import Named
from services.cases.application.importing import CaseStep, Told, numbered
from services.cases.domain.case.situations import Case, NotOpened, body_of
from services.cases.domain.values import ExternalReference
from services.cases.entrypoints.report import report_of
from services.cases.entrypoints.wire import asked
from services.cases.entrypoints.wire.case import case_shown

OPENING = "open_case"
REASSIGNMENT = "reassign_case"
STEPS: Mapping[str, Callable[[Any, Call], asked.Asked]] = {
    "start_work": asked.start_work,
    "pause_case": asked.pause_case,
    "resume_case": asked.resume_case,
    "resolve_case": asked.resolve_case,
    "close_case": asked.close_case,
    "withdraw_case": asked.withdraw_case,
    "reject_case": asked.reject_case,
}
"""The steps that need nothing but what they say, named after their rpcs."""


class ImportingApi:
    """Taking in history, and handing it over to the running clocks."""

    def __init__(self, app: App) -> None:
        self._app = app

    def import_case(self, request: pb.ImportCaseRequest, call: Call) -> pb.ImportCaseResponse:
        """Take in the history of a case, or more of it."""
        reference = request.external_reference
        external = ExternalReference(system=reference.system, number=reference.number)
        opening, steps = None, []
        with _in_step(request):
            for number, step in enumerate(request.steps):
                with numbered(number):
                    kind, part = _part(step, call)
                    said = getattr(step, kind)
                    if kind != OPENING:
                        steps.append(self._step(kind, said, part, call))
                    elif number == 0:
                        opening = _opening(said, part, call, external)
                    else:
                        raise invalid("open_case", "a history begins with its opening, and has no other")
            handled = self._app.imports.tell(external, call.caller.subject, opening, steps)
        return pb.ImportCaseResponse(case=case_shown(handled.state), revision=handled.revision)

    def _step(self, kind: str, said: Any, part: Call, call: Call) -> CaseStep:
        """What the rpc that a step is named after would do; and nothing for a body that has the case."""
        reason = "" if kind == "withdraw_case" else getattr(said, "reason", "")
        context, imported = part.context(reason=reason), permitting(call.permit, permits.area)
        if kind != REASSIGNMENT:
            command, check = STEPS[kind](said, part)
            return Step(command=command, context=context, permit=permits.all_of(check, imported))
        named = Named(body_id=said.body_id, item_id=said.item_id, legal_basis=said.legal_basis)
        return Step(
            command=self._app.cases.reassignment(named, part.at),
            context=context,
            permit=permits.all_of(asked.within(part, permits.deciding), imported),
            unless=partial(_is_with, said.body_id),
        )

    def finish_import(self, request: pb.FinishImportRequest, call: Call) -> pb.FinishImportResponse:
        """Hand imported cases over to the running clocks."""
        as_of = moment(request.as_of_time)
        if as_of > call.now():
            raise invalid("as_of_time", "history lies in the past: give a moment that has passed")
        fresh = Fresh.of(request, call)
        done = self._app.imports.finish(call.reach, request.system, as_of, fresh, call.context())
        return pb.FinishImportResponse(
            released=done.released, remaining=done.remaining, revision=done.revision
        )


def _part(step: pb.ImportedStep, call: Call) -> tuple[str, Call]:
    """The kind of a step, and the call as its rpc would have it. Refuses SCOPE_MISSING."""
    kind = step.WhichOneof("kind")
    if kind is None:
        raise invalid("kind", "say what happened: set one of the kinds of a step")
    return kind, call.part(step, SCOPES[kind])


def _opening(said: pb.ImportedOpening, part: Call, call: Call, external: ExternalReference) -> Told:
    """The report as `OpenCase` takes it from whoever imports history of the area."""

    def permit(of: Jurisdiction) -> None:
        part.permit(of)
        call.permit(of)

    report = replace(report_of(said, part, said.reporter_id or None), external=external)
    return Told(report=report, context=part.context(), permit=permit)


def _is_with(body_id: str, case: Case) -> bool:
    return not isinstance(case, NotOpened) and body_of(case) == body_id


def _scopes() -> Mapping[str, tuple[str, ...]]:
    [service] = pb.DESCRIPTOR.services_by_name.values()
    kinds = {kind.name for kind in pb.ImportedStep.DESCRIPTOR.oneofs_by_name["kind"].fields}
    rpcs = {snake_case(rpc.name): rpc.access for rpc in methods_of(service) if rpc.access}
    return {kind: tuple(access.scopes) for kind, access in rpcs.items() if kind in kinds}


SCOPES = _scopes()
"""The scopes of the rpc that each kind of step is named after."""


@contextmanager
def _in_step(request: pb.ImportCaseRequest) -> Iterator[None]:
    """A refusal that names a field of a step names it by its path in the request."""
    try:
        yield
    except Refusal as refusal:
        if refusal.field and "step" in refusal.facts:
            number = int(refusal.facts["step"])
            kind = request.steps[number].WhichOneof("kind")
            within = refusal.field if refusal.field in _OF_STEPS else f"{kind}.{refusal.field}"
            refusal.field = f"steps[{number}].{within}"
        raise


_OF_STEPS = frozenset(pb.ImportedStep.DESCRIPTOR.fields_by_name) | {"kind"}
