"""The public faces of cases that change, for all who follow them."""

from linli.cases.v1 import cases_service_pb2 as pb

from services.cases.domain.case.situations import Opened
from services.cases.entrypoints.wire.case import public_case_of

_KEPT = 5_000


class Faces:
    """Each face is built once and shown to everybody: of a whole city, many hear of the same change."""

    def __init__(self) -> None:
        self._built: dict[str, tuple[Opened, str, pb.PublicCase]] = {}

    def of(self, state: Opened, area_path: str) -> pb.PublicCase:
        """The face of a case, which the public sees in an area. It is shared: not to be changed."""
        case_id = state.file.case_id
        known = self._built.get(case_id)
        if known is not None and known[0] is state and known[1] == area_path:
            return known[2]
        face = public_case_of(state, area_path)
        if len(self._built) >= _KEPT:
            self._built.clear()
        self._built[case_id] = (state, area_path, face)
        return face
