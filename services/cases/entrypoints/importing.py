"""The rpc that ends an import."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call, invalid
from libs.rpc.moments import moment
from services.cases.application.app import App


class ImportingApi:
    """Handing imported history over to the running clocks."""

    def __init__(self, app: App) -> None:
        self._app = app

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
