"""The addresses of a process, and why it cannot listen on one."""

from libs.runtime.bundled.ports import taken
from libs.runtime.config.guards import CannotStart


def cannot_listen(address: str, error: Exception) -> CannotStart:
    """What to raise when a server cannot be bound to `address` (host:port), with the reason."""
    host, _, port = address.rpartition(":")
    reason = taken(int(port), host.strip("[]") or "0.0.0.0")  # noqa: S104  # as the servers read it
    return CannotStart(f"cannot listen on {address}: {reason or getattr(error, 'strerror', None) or error}")
