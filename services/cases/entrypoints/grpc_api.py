"""The gRPC face of cases: one method for each rpc of `cases_service.proto`.

The server around it has found out who calls, whether they hold the scope, and whether the fields
keep their rules. What is left to do here: check how far the grant reaches (`permits.py`), turn
the request into a command or a question, and the answer into a message (`messages.py`).
"""

from services.cases.application.app import App
from services.cases.entrypoints.grpc_commands import Commands
from services.cases.entrypoints.grpc_queries import Queries


class CasesApi(Commands, Queries):
    """linli.cases.v1.CasesService."""

    def __init__(self, app: App) -> None:
        self._app = app
