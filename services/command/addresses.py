"""Where a platform of this machine serves gRPC, by its data folder; and the files of a TLS connection."""

from collections.abc import Mapping
from pathlib import Path

from libs.runtime.bundled.place import Place
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import as_called
from services.command.profiles import Where


def tls_of(ca: Path | None, cert: Path | None, key: Path | None) -> dict[str, bytes]:
    """What `connect` needs to know of certificates. Raises `CannotStart`."""
    if (cert is None) != (key is None):
        raise CannotStart("give --cert and --key both, or neither")
    files = {"tls_roots": ca, "tls_cert": cert, "tls_key": key}
    try:
        return {name: path.read_bytes() for name, path in files.items() if path is not None}
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read: {error.strerror}") from None


def address_of(port: int | None, place: Place) -> Where:
    """Where a platform of this machine serves gRPC. Raises `CannotStart`."""
    if port:
        return f"127.0.0.1:{port}"
    if place.addresses.exists():
        return _addresses_of_cluster(place)
    if not place.address.exists():
        raise CannotStart(
            f"no platform has run with {place.data}: start `{as_called()} up` or `{as_called()} cluster`, or"
            " give --data or --port"
        )
    address = place.address.read_text(encoding="utf-8", errors="replace").strip()
    if not address.rpartition(":")[2].isdecimal():
        raise CannotStart(f"{place.address} is damaged: start `{as_called()} up` again, or give --port")
    return address


def _addresses_of_cluster(place: Place) -> Mapping[str, str]:
    try:
        return place.grpc_addresses()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CannotStart(
            f"{place.addresses} is damaged: start `{as_called()} cluster` again, or give --port"
        ) from None
