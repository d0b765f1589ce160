"""The gRPC face of identity: one method for each rpc, in the files of their nouns."""

from services.identity.application.app import App
from services.identity.entrypoints.grpc_areas import AreasApi
from services.identity.entrypoints.grpc_clients import ClientsApi
from services.identity.entrypoints.grpc_parties import PartiesApi
from services.identity.entrypoints.grpc_rights import RightsApi


class IdentityApi(AreasApi, PartiesApi, RightsApi, ClientsApi):
    """linli.identity.v1.IdentityService."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
