"""The gRPC server of a process: the apis of its services, feed and parking, behind one verifier of tokens."""

from collections.abc import Callable, Mapping, Sequence

from linli.acting.v1 import acting_service_pb2 as acting
from linli.feed.v1 import feed_service_pb2 as feed
from linli.operations.v1 import operations_service_pb2 as operations
from linli.privacy.v1 import privacy_service_pb2 as privacy

from libs.acting.api import ActingApi
from libs.acting.view import VIEW as ACTS
from libs.disclosure.api import DisclosureApi
from libs.ledger.disclosed import DISCLOSURE
from libs.messaging.desk import ParkingDesk
from libs.messaging.feed import FeedApi
from libs.messaging.parking import ParkingApi
from libs.rpc.disclosing import Notebook, Notebooks
from libs.rpc.key_set import KeySet
from libs.rpc.peers import TrustedProxies
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.text import PHONE_REGIONS
from libs.rpc.tokens import Verifier
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings
from libs.runtime.host.opened import OpenService
from libs.telemetry.certificates import Certificates, CertificatesUnusable


def server_of(
    services: Sequence[OpenService],
    settings: Settings,
    *,
    ready: Callable[[], Mapping[str, bool]],
    keys: KeySet,
) -> Server:
    """A server with everything added, not started yet; `ready` is what health answers.

    `keys` verify tokens. Raises `CannotStart` with certificates that are of no use.
    """
    _check_certificates(settings)
    if settings.phone_region not in PHONE_REGIONS:
        raise CannotStart(
            f"LINLI_PHONE_REGION: {settings.phone_region!r} is not a region with phone numbers:"
            " give two capital letters (ISO 3166), such as CN"
        )
    server = Server(
        ServerSettings(
            address=settings.grpc_address,
            workers=settings.threads,
            connection_age=settings.connection_age.total_seconds(),
            grace=settings.drain.total_seconds(),
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
            tls_client_ca=settings.tls_client_ca,
            region=settings.phone_region,
            reflection=settings.reflection,
            trusted_proxies=TrustedProxies.of(settings.trusted_proxies),
        ),
        Verifier(keys, revoked=next((s.parts.revoked for s in services if s.parts.revoked), None)),
        ready=ready,
    )
    notebooks = {s.name: Notebook(s.streams.open(DISCLOSURE)) for s in services if s.discloses}
    for service in services:
        for api in service.parts.apis:
            server.add(
                api.descriptor,
                api.implementation,
                api.messages,
                service.ledger,
                notebooks.get(service.name),
                service.parts.consents,
                service.parts.delegations,
            )
    lives = {service.name: service.live for service in services}
    server.add(feed.DESCRIPTOR.services_by_name["FeedService"], FeedApi(lives))
    desks = {service.name: ParkingDesk(service.ledger, service.effects()) for service in services}
    server.add(operations.DESCRIPTOR.services_by_name["ParkingService"], ParkingApi(desks))
    read = {service.name: service.views for service in services if service.discloses}
    notes = Notebooks(notebooks)
    server.add(privacy.DESCRIPTOR.services_by_name["DisclosureService"], DisclosureApi(read), notebook=notes)
    acts = {service.name: service.views for service in services if ACTS.name in service.views.by_name}
    server.add(acting.DESCRIPTOR.services_by_name["ActingService"], ActingApi(acts), notebook=notes)
    return server


def _check_certificates(settings: Settings) -> None:
    if settings.tls_cert is None or settings.tls_key is None:
        return
    try:
        Certificates(settings.tls_cert, settings.tls_key, settings.tls_client_ca).load()
    except CertificatesUnusable as error:
        raise CannotStart(str(error)) from error
