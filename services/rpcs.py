"""Which rpcs there are, by the short names of the command line: `cases.ListCases`."""

import difflib
import importlib
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from libs.runtime.config.guards import CannotStart
from services.up import NAMES

_SHORT = (*NAMES, "feed", "operations")
_MOST_CLOSE = 4


def find(name: str) -> MethodDescriptor:
    """The rpc that `service.Rpc` names. Raises `CannotStart` with those that were probably meant."""
    known = _known()
    if name in known:
        return known[name]
    service = name.partition(".")[0]
    of_service = [full.partition(".")[2] for full in known if full.startswith(f"{service}.")]
    close = _close(name, known)
    told = [f"there is no rpc {name}: write service.Rpc, for instance cases.ListCases"]
    if close:
        told.append(f"  close to it: {', '.join(close)}")
    told.append(
        f"  {service} has {', '.join(of_service)}" if of_service else f"  services: {', '.join(_SHORT)}"
    )
    raise CannotStart("\n".join(told))


def _known() -> Mapping[str, MethodDescriptor]:
    return {
        f"{short}.{name}": method
        for short in _SHORT
        for service in _services(short)
        for name, method in service.methods_by_name.items()
    }


def _services(short: str) -> Iterator[ServiceDescriptor]:
    if short in NAMES:  # the feed's answers hold events of all services
        importlib.import_module(f"linli.{short}.v1.{short}_events_pb2")
    stubs = importlib.import_module(f"linli.{short}.v1.{short}_service_pb2")
    yield from stubs.DESCRIPTOR.services_by_name.values()


def _close(name: str, known: Mapping[str, MethodDescriptor]) -> list[str]:
    """Names that somebody who typed this may have meant, the likeliest first; capitals do not count."""
    by_lower = {full.lower(): full for full in known}
    by_rpc = {full.partition(".")[2].lower(): full for full in known}
    wanted = name.lower()
    likely = difflib.get_close_matches(wanted, by_lower, n=_MOST_CLOSE, cutoff=0.7)
    without = difflib.get_close_matches(wanted.rpartition(".")[2], by_rpc, n=_MOST_CLOSE, cutoff=0.7)
    found = [by_lower[each] for each in likely] + [by_rpc[each] for each in without]
    return list(dict.fromkeys(found))[:_MOST_CLOSE]
