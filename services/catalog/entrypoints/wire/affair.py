"""How affairs look on the wire."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.rpc.moments import stamp_or_none
from libs.rpc.terms import choice_shown
from libs.rpc.texts import localized
from services.catalog.domain.affair import Affair, Undefined


def affair_shown(state: Affair) -> pb.Affair:
    """An affair, in use or retired."""
    if isinstance(state, Undefined):
        return pb.Affair()
    matter = state.matter
    return pb.Affair(
        affair_id=matter.affair_id,
        parent_id=matter.parent_id,
        affair_path=matter.path,
        name=localized(matter.name),
        anonymous_allowed=matter.anonymous_allowed,
        keywords=matter.keywords,
        retired=state.retired,
        retired_time=stamp_or_none(state.retired_at),
        outcomes=map(choice_shown, matter.outcomes),
    )
