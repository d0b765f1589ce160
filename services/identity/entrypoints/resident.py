"""The rpcs about residents."""

from collections.abc import Callable

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.application.registration import NewResident
from services.identity.entrypoints.wire.party import natural_key_of, resident_shown
from services.identity.entrypoints.wire.words import KEY_KINDS

REGISTERING_SCOPE, READING_SCOPE = "parties.register", "parties.read"


class ResidentApi:
    """Registering people, showing their data, erasing them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_resident(
        self, request: pb.RegisterResidentRequest, call: Call
    ) -> pb.RegisterResidentResponse:
        """Register a person, or find them."""
        new = NewResident(
            key=natural_key_of(request.natural_key),
            name=request.name,
            phone=request.phone,
            address=request.address,
            area_id=request.area_id,
            at=call.at,
            birth_date=request.birth_date,
            more_keys=tuple(map(natural_key_of, request.more_natural_keys)),
        )
        found = self._app.residents.register(new, call.context(), permit_by(call, registering))
        return pb.RegisterResidentResponse(
            resident_id=found.id,
            existing=found.existing,
            revision=found.revision,
            left_out_kinds=map(KEY_KINDS.to_wire, found.left_out),
        )

    def get_resident(self, request: pb.GetResidentRequest, call: Call) -> pb.GetResidentResponse:
        """Show a person's data."""
        person = self._app.residents.show(request.resident_id, permit_by(call, reading))
        call.showing(person.resident_id)
        shown = resident_shown(person, self._app.natural_keys.of(person))
        survivor_id, *others = self._app.mergers.registrations(person.resident_id)
        if survivor_id != person.resident_id:
            shown.merged_into_id = survivor_id
        else:
            shown.merged_ids.extend(others)
        return pb.GetResidentResponse(resident=shown)

    def erase_subject(self, request: pb.EraseSubjectRequest, call: Call) -> pb.EraseSubjectResponse:
        """Erase a person for good."""
        context = call.context(reason=request.reason)
        for subject_id in self._app.mergers.erasing(request.subject_id, call.permit):
            erased = self._app.residents.erase(subject_id, call.at, context, call.permit)
        return pb.EraseSubjectResponse(
            subject_id=request.subject_id, revision=erased.revision, receipt_code=erased.receipt_code
        )


def registering(call: Call) -> Reach:
    """Where the caller registers people and homes, which have no body: by the areas of grants. A check."""
    return call.reach_by(REGISTERING_SCOPE).by_area


def reading(call: Call) -> Reach:
    """Where the caller reads data of people. A check.

    Whoever registers people reads them there. Other grants for a body within an area, such as those of a
    department's officers, cover nobody: not all of a district's people are their concern.
    """
    own = call.reach_by(READING_SCOPE)
    if not call.caller.has(READING_SCOPE):
        return own
    return Reach((*own.limits, *registering(call).limits))


def permit_by(call: Call, reach: Callable[[Call], Reach]) -> Permit:
    """The permit for people, by where the caller registers or reads them."""

    def permit(of: Jurisdiction) -> None:
        reach(call).require(area_path=of.area_path or None)

    return permit
