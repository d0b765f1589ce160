"""When a process is ready: each of its services reaches its ledger, and its views can be asked."""

from collections.abc import Callable, Sequence

from libs.runtime.opened import OpenService

Check = Callable[[], str]
"""Says what is wrong, or nothing."""


def checks_of(services: Sequence[OpenService], *, views: bool) -> dict[str, Check]:
    """The checks of some services by name; `views`: this process folds them."""
    checks: dict[str, Check] = {}
    for service in services:
        checks[f"{service.name}.ledger"] = _ledger_check(service)
        if views:
            checks[f"{service.name}.views"] = _views_check(service)
    return checks


def _ledger_check(service: OpenService) -> Check:
    def check() -> str:
        with service.ledger.connection() as connection:
            connection.execute("SELECT 1")
        return ""

    return check


def _views_check(service: OpenService) -> Check:
    def check() -> str:
        status = service.projector.status()
        if status.ready:
            return ""
        stopped = "; ".join(f"{view} stands still: {why}" for view, why in status.stopped_views.items())
        building = f"building {', '.join(status.building)}" if status.building else ""
        return status.trouble or stopped or building or status.state

    return check
