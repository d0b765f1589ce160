"""Where the spans of a process go, as its settings say."""

from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings
from libs.telemetry import traces
from libs.telemetry.traces import TraceSettings


def trace(settings: Settings, *services: str) -> None:
    """Send spans where the settings say. Raises `CannotStart` when that cannot be."""
    if not settings.trace_exporter:
        return
    chosen = TraceSettings(
        service=f"linli-{services[0]}" if len(services) == 1 else "linli",
        exporter=settings.trace_exporter,
        endpoint=settings.trace_endpoint,
        ratio=settings.trace_ratio,
    )
    try:
        traces.setup(chosen)
    except RuntimeError as error:
        raise CannotStart(f"LINLI_TRACE_EXPORTER: {error}") from error
