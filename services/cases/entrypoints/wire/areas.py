"""In which areas the place of a case lies, as others hear of it."""

from linli.cases.v1 import cases_events_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import stamp
from libs.rules.areas import id_of
from services.cases.domain.case_areas import CaseLocated


def located_told(event: CaseLocated) -> pb.CaseLocated:
    """The areas, and nothing of the place itself."""
    areas = (
        types.AreaSince(from_time=stamp(each.since), area_id=id_of(each.area_path), area_path=each.area_path)
        for each in event.areas
    )
    return pb.CaseLocated(case_id=event.case_id, areas=areas, located_time=stamp(event.at))
