"""The gRPC face of the responsibility list."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp_or_none
from libs.rpc.texts import localized
from libs.rules.routing import Verdict
from services.catalog.application.app import App
from services.catalog.application.ports import Unowned
from services.catalog.application.responsibilities import NewItem
from services.catalog.domain import commands
from services.catalog.domain.responsibility import Item, Line, Version
from services.catalog.domain.values import Period
from services.catalog.entrypoints import requests


class ResponsibilitiesApi:
    """The rpcs about responsibilities."""

    _app: App

    def assign_responsibility(
        self, request: pb.AssignResponsibilityRequest, call: Call
    ) -> pb.AssignResponsibilityResponse:
        """Make a body answer."""
        new = NewItem(
            affair_id=request.affair_id,
            area_id=request.area_id,
            body_id=request.body_id,
            legal_basis=request.legal_basis,
            helper_ids=tuple(request.helper_ids),
            period=Period(
                start=moment_of(request, "valid_from_time") or call.at,
                end=moment_of(request, "valid_until_time"),
            ),
            at=call.at,
        )
        loaded = self._app.responsibilities.assign(new, call.context(), requests.permit(call))
        return pb.AssignResponsibilityResponse(responsibility=_newest(loaded.state), revision=loaded.revision)

    def revise_responsibility(
        self, request: pb.ReviseResponsibilityRequest, call: Call
    ) -> pb.ReviseResponsibilityResponse:
        """The next version."""
        command = commands.ReviseResponsibility(
            item_id=request.item_id,
            body_id=request.body_id,
            legal_basis=request.legal_basis,
            helper_ids=tuple(request.helper_ids),
            valid_from=moment_of(request, "valid_from_time") or call.at,
            at=call.at,
        )
        context = call.context(reason=request.reason)
        loaded = self._app.responsibilities.revise(
            command, context, request.if_revision, requests.permit(call)
        )
        return pb.ReviseResponsibilityResponse(responsibility=_newest(loaded.state), revision=loaded.revision)

    def end_responsibility(
        self, request: pb.EndResponsibilityRequest, call: Call
    ) -> pb.EndResponsibilityResponse:
        """Give an item an end."""
        command = commands.EndResponsibility(
            item_id=request.item_id,
            valid_until=moment_of(request, "valid_until_time") or call.at,
            at=call.at,
        )
        context = call.context(reason=request.reason)
        loaded = self._app.responsibilities.end(command, context, request.if_revision, requests.permit(call))
        return pb.EndResponsibilityResponse(responsibility=_newest(loaded.state), revision=loaded.revision)

    def find_responsible(self, request: pb.FindResponsibleRequest, call: Call) -> pb.FindResponsibleResponse:
        """Who answers, and why."""
        at = moment_of(request, "at_time") or call.at
        fresh = Fresh.of(request, call)
        answered = self._app.responsibilities.find(request.affair_id, request.area_id, at, fresh)
        chosen = answered.chosen
        return pb.FindResponsibleResponse(
            responsibility=_line(chosen) if chosen else None,
            trace=[
                pb.TraceLine(responsibility=_line(line), verdict=_verdict(verdict))
                for line, verdict in answered.trace
            ],
            affair_path=answered.affair_path,
            area_path=answered.area_path,
            at_time=stamp_or_none(at),
        )

    def get_responsibility(
        self,
        request: pb.GetResponsibilityRequest,
        call: Call,
    ) -> pb.GetResponsibilityResponse:
        """One item with its versions."""
        loaded = self._app.responsibilities.item(request.item_id)
        versions = [_version(loaded.state, version) for version in loaded.state.versions]
        return pb.GetResponsibilityResponse(versions=versions, revision=loaded.revision)

    def list_responsibilities(
        self, request: pb.ListResponsibilitiesRequest, call: Call
    ) -> pb.ListResponsibilitiesResponse:
        """A page of what holds."""
        at = moment_of(request, "at_time") or call.at
        lines, token = self._app.responsibilities.listed(request, at, Fresh.of(request, call))
        return pb.ListResponsibilitiesResponse(
            responsibilities=[_line(line) for line in lines], next_page_token=token
        )

    def list_unowned_matters(
        self, request: pb.ListUnownedMattersRequest, call: Call
    ) -> pb.ListUnownedMattersResponse:
        """A page of what nobody answers for."""
        at = moment_of(request, "at_time") or call.at
        matters, token = self._app.responsibilities.unowned(request, at, Fresh.of(request, call))
        return pb.ListUnownedMattersResponse(
            matters=[_unowned(matter) for matter in matters], next_page_token=token
        )


def _newest(item: Item) -> pb.Responsibility:
    return _version(item, item.newest)


def _version(item: Item, version: Version) -> pb.Responsibility:
    return _line(
        Line(
            item_id=item.item_id,
            version=version.version,
            affair_id=item.affair_id,
            area_id=item.area_id,
            body_id=version.body_id,
            legal_basis=version.legal_basis,
            helper_ids=version.helper_ids,
            valid_from=version.valid_from,
            valid_until=item.valid_until,
        )
    )


def _line(line: Line) -> pb.Responsibility:
    return pb.Responsibility(
        item_id=line.item_id,
        version=line.version,
        affair_id=line.affair_id,
        area_id=line.area_id,
        body_id=line.body_id,
        legal_basis=line.legal_basis,
        helper_ids=line.helper_ids,
        valid_from_time=stamp_or_none(line.valid_from),
        valid_until_time=stamp_or_none(line.valid_until),
    )


def _verdict(verdict: Verdict) -> pb.Verdict.ValueType:
    return pb.Verdict.Value(f"VERDICT_{verdict.name}")


def _unowned(matter: Unowned) -> pb.UnownedMatter:
    return pb.UnownedMatter(
        affair_id=matter.affair_id,
        affair_path=matter.affair_path,
        affair_name=localized(matter.affair_name),
        area_id=matter.area_id,
        area_path=matter.area_path,
        area_name=localized(matter.area_name),
        area_level=matter.area_level,
    )
