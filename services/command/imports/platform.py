"""The services of a running platform that an import calls."""

from dataclasses import dataclass
from typing import Any

from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_service_pb2 as identity
from linli.supervision.v1 import supervision_service_pb2 as supervision

from libs.rpc.client import Client


@dataclass(frozen=True, slots=True)
class Services:
    """A name for each service of a client; the rpcs are its methods."""

    identity: Any
    catalog: Any
    cases: Any
    supervision: Any
    feed: Any


def services_of(client: Client) -> Services:
    """The services that a client calls."""
    modules = (identity, catalog, cases, supervision, feed)
    found = []
    for module in modules:
        [descriptor] = module.DESCRIPTOR.services_by_name.values()
        found.append(client.service(descriptor))
    return Services(*found)
