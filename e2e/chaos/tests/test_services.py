"""The harness opens a service when it is asked for it, and then keeps it open."""

from pathlib import Path

import pytest

from e2e.chaos.services import Services
from libs.runtime.config.settings import Settings
from services.command.registry import NAMES


class _AskedFor(Exception):
    """The settings of a service were asked for."""


def _settings(name: str) -> Settings:
    raise _AskedFor(name)


def test_services_whose_schema_is_not_there_yet_are_known_before_they_are_opened(tmp_path: Path) -> None:
    services = Services(_settings, tmp_path / "signing-key.pem")

    assert list(services) == list(NAMES)
    with pytest.raises(_AskedFor, match="cases"):
        services["cases"]
    services.close()
