"""The gRPC face of the catalog: requests become commands and questions, states become messages."""

from services.catalog.application.app import App
from services.catalog.entrypoints.grpc_affairs import AffairsApi
from services.catalog.entrypoints.grpc_promises import PromisesApi
from services.catalog.entrypoints.grpc_responsibilities import ResponsibilitiesApi
from services.catalog.entrypoints.grpc_services import ServicesApi


class CatalogApi(AffairsApi, ResponsibilitiesApi, PromisesApi, ServicesApi):
    """linli.catalog.v1.CatalogService: one method for each rpc, by noun."""

    def __init__(self, app: App) -> None:
        self._app = app
