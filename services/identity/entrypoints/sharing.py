"""The rpcs about data that bodies share."""

from linli.identity.v1 import identity_sharing_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.sharing import NewDataSet, NewShare, ShareHandled
from services.identity.domain.share import Asked
from services.identity.entrypoints.wire.sharing import (
    data_set_shown,
    personal_class,
    purpose_of,
    share_shown,
    shared_shown,
    twice_shown,
)
from services.identity.entrypoints.wire.words import DATA_FIELDS


class SharingApi:
    """What bodies keep of people, and let one another read."""

    def __init__(self, app: App) -> None:
        self._app = app

    def define_data_set(self, request: pb.DefineDataSetRequest, call: Call) -> pb.DefineDataSetResponse:
        """Say what a body keeps."""
        new = NewDataSet(
            data_set_id=request.data_set_id,
            owner_body_id=request.owner_body_id,
            name=text_of(request.name),
            fields=tuple(map(DATA_FIELDS.from_wire, request.data_fields)),
            legal_basis=request.legal_basis,
            area_id=request.area_id,
            at=call.at,
        )
        defined, revision = self._app.sharing.define(new, call.context(), call.permit)
        return pb.DefineDataSetResponse(data_set=data_set_shown(defined), revision=revision)

    def list_data_sets(self, request: pb.ListDataSetsRequest, call: Call) -> pb.ListDataSetsResponse:
        """All data sets."""
        found, token = self._app.sharing.reads.data_sets(request, Fresh.of(request, call))
        return pb.ListDataSetsResponse(data_sets=map(data_set_shown, found), next_page_token=token)

    def list_fields_collected_twice(
        self, request: pb.ListFieldsCollectedTwiceRequest, call: Call
    ) -> pb.ListFieldsCollectedTwiceResponse:
        """What several bodies collect of the same people."""
        found = self._app.sharing.twice(Fresh.of(request, call))
        return pb.ListFieldsCollectedTwiceResponse(fields=[twice_shown(*each) for each in found])

    def ask_for_share(self, request: pb.AskForShareRequest, call: Call) -> pb.AskForShareResponse:
        """Ask the owner of a data set."""
        new = NewShare(
            data_set_id=request.data_set_id,
            asking_body_id=request.body_id,
            purpose=purpose_of(request.purpose),
            legal_basis=request.legal_basis,
            since=moment_of(request, "since_time") or call.at,
            until=moment(request.until_time),
            at=call.at,
        )
        handled = self._app.sharing.ask(new, call.context(), call.reach)
        return pb.AskForShareResponse(share=_shown(handled), revision=handled.revision)

    def grant_share(self, request: pb.GrantShareRequest, call: Call) -> pb.GrantShareResponse:
        """Grant it, as the owner."""
        handled = self._app.sharing.decide(
            request.share_id, call.at, call.context(), call.reach, granted=True
        )
        return pb.GrantShareResponse(share=_shown(handled), revision=handled.revision)

    def refuse_share(self, request: pb.RefuseShareRequest, call: Call) -> pb.RefuseShareResponse:
        """Refuse it, as the owner."""
        handled = self._app.sharing.decide(
            request.share_id, call.at, call.context(), call.reach, granted=False
        )
        return pb.RefuseShareResponse(share=_shown(handled), revision=handled.revision)

    def end_share(self, request: pb.EndShareRequest, call: Call) -> pb.EndShareResponse:
        """Share no more."""
        handled = self._app.sharing.end(request.share_id, call.at, call.context(), call.reach)
        return pb.EndShareResponse(share=_shown(handled), revision=handled.revision)

    def list_shares(self, request: pb.ListSharesRequest, call: Call) -> pb.ListSharesResponse:
        """Shares of the caller's bodies."""
        found, token = self._app.sharing.reads.shares(request, call.reach, Fresh.of(request, call))
        return pb.ListSharesResponse(shares=map(share_shown, found), next_page_token=token)

    def read_shared_data(self, request: pb.ReadSharedDataRequest, call: Call) -> pb.ReadSharedDataResponse:
        """What a share lets read of a person."""
        read = self._app.sharing.read(
            request.share_id, request.resident_id, purpose_of(request.purpose), call.now(), call.reach
        )
        call.showing(read.resident_id)
        call.telling(*map(personal_class, read.fields))
        return shared_shown(read)


def _shown(handled: ShareHandled) -> pb.Share:
    assert isinstance(handled.state, Asked)  # noqa: S101  # every command leaves it so
    return share_shown(handled.state)
