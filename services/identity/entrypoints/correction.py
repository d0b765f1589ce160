"""The rpcs about corrections of a person's data."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.application.correction import Correction, Version
from services.identity.domain.resident import Registered
from services.identity.entrypoints.resident import registering


class CorrectionApi:
    """What is known of a person put right, and what was known before."""

    def __init__(self, app: App) -> None:
        self._app = app

    def correct_resident(self, request: pb.CorrectResidentRequest, call: Call) -> pb.CorrectResidentResponse:
        """Put right what is known of a person."""
        by_themself = call.is_me(request.resident_id)
        gone = set(request.cleared)

        def may(person: Registered) -> None:
            if not by_themself:
                registering(call).require(area_path=person.area_path or None)

        correction = Correction(
            resident_id=request.resident_id,
            name=request.name or None,
            phone=_said(request.phone, known_no_more=pb.RESIDENT_FIELD_PHONE in gone),
            address=_said(request.address, known_no_more=pb.RESIDENT_FIELD_ADDRESS in gone),
            birth_date=_said(request.birth_date, known_no_more=pb.RESIDENT_FIELD_BIRTH_DATE in gone),
            by_themself=by_themself,
            reason=bool(request.reason),
            at=call.at,
        )
        revision = self._app.corrections.correct(correction, call.context(reason=request.reason), may)
        return pb.CorrectResidentResponse(revision=revision)

    def get_resident_history(
        self, request: pb.GetResidentHistoryRequest, call: Call
    ) -> pb.GetResidentHistoryResponse:
        """Show all that was ever known of a person."""
        versions = self._app.corrections.versions(request.resident_id, call.permit)
        call.showing(request.resident_id, *(each.reason.subject for each in versions if each.reason))
        return pb.GetResidentHistoryResponse(versions=map(_shown, versions))


def _said(text: str, *, known_no_more: bool) -> str | None:
    return text or ("" if known_no_more else None)


def _shown(version: Version) -> pb.ResidentVersion:
    person, reason = version.person, version.reason
    return pb.ResidentVersion(
        name=person.name.value or "",
        phone=person.phone.value or "",
        address=person.address.value or "",
        birth_date=person.birth_date.value or "",
        from_time=stamp(version.since),
        actor_id=version.by,
        by_themself=version.by_themself,
        reason=(reason.value or "") if reason else "",
    )
