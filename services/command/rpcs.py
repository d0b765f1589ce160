"""Which rpcs there are, by the short names of the command line: `cases.ListCases`."""

import difflib
import importlib
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from libs.runtime.config.guards import CannotStart
from services.command.registry import NAMES

_FEED = "feed"
_SHORT = (*NAMES, _FEED, "operations", "privacy", "acting")
_MOST_CLOSE = 4


def find(name: str) -> MethodDescriptor:
    """The rpc that `service.Rpc` names. Raises `CannotStart` with those that were probably meant."""
    service, _, rpc = name.partition(".")
    if service in _SHORT and (found := _of(service).get(rpc)):  # it loads the stubs of no other service
        if service == _FEED:  # its answers hold events of all
            for each in NAMES:
                importlib.import_module(f"linli.{each}.v1.{each}_events_pb2")
        return found
    lines = [f"there is no rpc {name}: write service.Rpc, for instance cases.ListCases"]
    if close := _close(name):
        lines.append(f"  did you mean: {', '.join(close)}")
    lines.append(
        f"  {service} has {', '.join(_of(service))}"
        if service in _SHORT
        else f"  services: {', '.join(_SHORT)}"
    )
    raise CannotStart("\n".join(lines))


def names() -> list[str]:
    """All of them, for the completion of a line."""
    return [f"{service}.{rpc}" for service in _SHORT for rpc in _of(service)]


def _of(short: str) -> Mapping[str, MethodDescriptor]:
    return {rpc: method for service in _services(short) for rpc, method in service.methods_by_name.items()}


def _services(short: str) -> Iterator[ServiceDescriptor]:
    stubs = importlib.import_module(f"linli.{short}.v1.{short}_service_pb2")
    yield from stubs.DESCRIPTOR.services_by_name.values()


def _close(name: str) -> list[str]:
    """Names that somebody who typed this may have meant, the likeliest first; capitals do not count."""
    known = names()
    by_lower = {full.lower(): full for full in known}
    by_rpc = {full.partition(".")[2].lower(): full for full in known}
    wanted = name.lower()
    likely = difflib.get_close_matches(wanted, by_lower, n=_MOST_CLOSE, cutoff=0.7)
    without = difflib.get_close_matches(wanted.rpartition(".")[2], by_rpc, n=_MOST_CLOSE, cutoff=0.7)
    found = [by_lower[each] for each in likely] + [by_rpc[each] for each in without]
    return list(dict.fromkeys(found))[:_MOST_CLOSE]
