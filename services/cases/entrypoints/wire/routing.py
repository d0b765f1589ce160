"""A routing decision on the wire."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.rpc.moments import stamp
from libs.rules.routing import Decision


def routing_shown(decision: Decision) -> pb.Routing:
    """A routing decision with its trace."""
    question = decision.question
    return pb.Routing(
        body_id=decision.body_id or "",
        item_id=decision.item_id or "",
        item_version=decision.item_version,
        affair_path=question.affair_path,
        area_path=question.area_path,
        at_time=stamp(question.at),
        trace=[
            pb.RoutingTraceLine(
                item_id=line.item_id,
                item_version=line.version,
                affair_id=line.affair_id,
                area_id=line.area_id,
                body_id=line.body_id,
                verdict=line.verdict.value,
            )
            for line in decision.trace
        ],
    )
