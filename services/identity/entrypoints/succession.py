"""The rpcs about areas that end, alone or into others."""

from google.protobuf.message import Message
from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.succession import Asked, Left, Part
from services.identity.entrypoints.wire.area import area_state_shown


class SuccessionApi:
    """Areas that end."""

    def __init__(self, app: App) -> None:
        self._app = app

    def end_area(self, request: pb.EndAreaRequest, call: Call) -> pb.EndAreaResponse:
        """End an area."""
        asked = _asked(request, "valid_until_time", call, request.reason, request.validate_only)
        successors = tuple(dict.fromkeys(request.successor_area_ids))
        changed = self._app.successions.end(request.area_id, successors, asked)
        [area] = changed.ended
        return pb.EndAreaResponse(
            area=area_state_shown(area), consequences=_left(changed.left), revision=changed.revision
        )

    def split_area(self, request: pb.SplitAreaRequest, call: Call) -> pb.SplitAreaResponse:
        """End an area into its parts."""
        asked = _asked(request, "valid_from_time", call, request.reason, request.validate_only)
        changed = self._app.successions.split(request.area_id, list(map(_part, request.parts)), asked)
        [area] = changed.ended
        return pb.SplitAreaResponse(
            area=area_state_shown(area),
            parts=map(area_state_shown, changed.new),
            consequences=_left(changed.left),
            revision=changed.revision,
        )

    def merge_areas(self, request: pb.MergeAreasRequest, call: Call) -> pb.MergeAreasResponse:
        """End areas into one."""
        asked = _asked(request, "valid_from_time", call, request.reason, request.validate_only)
        changed = self._app.successions.merge(request.area_ids, _part(request.into), asked)
        [area] = changed.new
        return pb.MergeAreasResponse(
            area=area_state_shown(area),
            merged=map(area_state_shown, changed.ended),
            consequences=_left(changed.left),
            revision=changed.revision,
        )


def _asked(request: Message, moment: str, call: Call, reason: str, validate_only: bool) -> Asked:
    return Asked(
        moment=moment_of(request, moment),
        at=call.at,
        context=call.context(reason=reason),
        permit=call.permit,
        validate_only=validate_only,
        deadline=call.deadline,
    )


def _part(part: pb.AreaPart) -> Part:
    return Part(area_id=part.area_id, name=text_of(part.name), boundary=part.boundary)


def _left(left: Left) -> pb.Consequences:
    return pb.Consequences(grants=left.grants, clients=left.clients, bodies=left.bodies)
