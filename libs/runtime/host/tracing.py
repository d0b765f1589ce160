"""Where the spans of a process go, as its settings say, or the standard OTEL_* variables."""

import os
import socket

from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings
from libs.telemetry import metrics, otel, traces
from libs.telemetry.traces import TraceSettings


def trace(settings: Settings, *services: str) -> None:
    """Send spans where the settings say. Raises `CannotStart` when that cannot be."""
    try:
        exporter = settings.trace_exporter or otel.exporter_asked(os.environ)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    if not exporter:
        return
    chosen = TraceSettings(
        resource=_resource(settings.cell, services),
        exporter=exporter,
        endpoint=settings.trace_endpoint,
        ratio=settings.trace_ratio,
    )
    try:
        traces.setup(chosen)
    except RuntimeError as error:
        raise CannotStart(f"LINLI_TRACE_EXPORTER: {error}") from error


def _resource(cell: str, services: tuple[str, ...]) -> dict[str, str]:
    """Who sends the spans; the standard variables may call the service otherwise."""
    resource = {
        "service.namespace": cell,
        "service.version": metrics.version(),
        "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
    }
    if not otel.names_service(os.environ):
        resource["service.name"] = f"linli-{services[0]}" if len(services) == 1 else "linli"
    return resource
