"""The services' ledgers as the harness reads them, past the services' own processes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from libs.runtime.config.settings import Settings
from libs.runtime.host.opened import OpenService, open_service
from services.command.registry import NAMES, load


class Services(Mapping[str, OpenService]):
    """Each is opened when it is first asked for. Close them at the end.

    Before an upgrade, the schema may be one that this working tree does not run on.
    """

    def __init__(self, settings: Callable[[str], Settings], signing_key: Path) -> None:
        """`settings` are those of a service, by its name; `signing_key` is identity's."""
        self._settings = settings
        self._signing_key = signing_key
        self._opened: dict[str, OpenService] = {}

    def __getitem__(self, name: str) -> OpenService:
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def renew(self, name: str) -> None:
        """Open one anew: its ledger has another history by now."""
        self[name].close()
        self._opened[name] = self._open(name)

    def close(self) -> None:
        """Let go of the databases."""
        for opened in self._opened.values():
            opened.close()

    def _open(self, name: str) -> OpenService:
        environ = {"LINLI_IDENTITY_SIGNING_KEY_FILE": str(self._signing_key)}
        return open_service(load(name), self._settings(name), environ, listen=False)
