"""The rpcs about all facts of an area."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.identity.application.app import App
from services.identity.entrypoints.resident import permit_by, reading
from services.identity.entrypoints.wire.household import counts_shown, to_check_shown


class FactsApi:
    """What is to be checked, and how many there are of what."""

    def __init__(self, app: App) -> None:
        self._app = app

    def list_facts_to_check(
        self, request: pb.ListFactsToCheckRequest, call: Call
    ) -> pb.ListFactsToCheckResponse:
        """Read a page of contradictions and stale facts."""
        at = moment_of(request, "at_time") or call.now()
        found, next_token = self._app.facts.to_check(
            request,
            request.area_id,
            at,
            Fresh.of(request, call),
            permit_by(call, reading),
            call.assure_awaited,
        )
        people = self._app.visits.concerned({each.subject for each in found}, at)
        if people:
            call.showing(*people)
        else:
            call.showing_nobody()
        return pb.ListFactsToCheckResponse(facts=map(to_check_shown, found), next_page_token=next_token)

    def count_households(self, request: pb.CountHouseholdsRequest, call: Call) -> pb.CountHouseholdsResponse:
        """Count what there is in an area."""
        counts = self._app.facts.count(
            request.area_id,
            moment_of(request, "at_time") or call.now(),
            request.with_facts,
            Fresh.of(request, call),
            permit_by(call, reading),
            lambda area_path: reading(call).covers(area_path=area_path),
            call.assure_awaited,
        )
        return counts_shown(counts)
