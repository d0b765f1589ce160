"""The fuse box of identity: the only module that knows every room."""

from collections.abc import Mapping
from typing import Any

from linli.identity.v1 import identity_service_pb2

from libs.ledger.streams.stream import Stream
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from services.identity.adapters import publishing
from services.identity.adapters.hashing import Argon2
from services.identity.adapters.ledger import EVENTS
from services.identity.adapters.revoked import RevokedTokens
from services.identity.adapters.signing import DerivedKeys
from services.identity.adapters.views.areas import AreasView, AreaTree
from services.identity.adapters.views.bodies import BodiesView, RegisteredBodies
from services.identity.adapters.views.clients import ClientsView, KnownClients
from services.identity.adapters.views.revoked_tokens import Revocations, RevokedTokensView
from services.identity.adapters.views.roles_of_party import HeldRoles, RolesOfPartyView
from services.identity.application.app import App
from services.identity.application.areas import Areas
from services.identity.application.clients import Clients
from services.identity.application.keys import Keys
from services.identity.application.logins import Logins
from services.identity.application.parties import Bodies, Residents
from services.identity.application.roles import Roles
from services.identity.application.throttle import Throttle
from services.identity.domain import access, area, body, client, disclosure, keyring, login, resident
from services.identity.entrypoints.chinese import MESSAGES
from services.identity.entrypoints.grpc_api import IdentityApi
from services.identity.settings import IdentitySettings


def build(ground: Ground, settings: IdentitySettings) -> ServiceParts:
    """Identity on its ground."""
    streams = _streams(ground)
    app = _app(ground, settings, streams)
    revoked = RevokedTokens(Revocations(ground.views), settings.longest_lifetime, ground.clock)

    def on_start() -> None:
        now = ground.clock()
        app.keys.ensure(now)
        if settings.operator_secret is not None:
            app.clients.ensure_operator(settings.operator_secret.reveal(), now)

    return ServiceParts(
        apis=(_api(app),),
        on_start=on_start,
        public_keys=lambda: _public_keys(app, ground),
        revoked=revoked,
    )


def _streams(ground: Ground) -> dict[str, Stream[Any, Any, Any]]:
    deciders = (
        area.AREA,
        body.BODY,
        resident.RESIDENT,
        disclosure.DISCLOSURE,
        access.ACCESS,
        login.LOGIN,
        client.CLIENT,
        keyring.KEYRING,
    )
    return {each.category: ground.stream(each) for each in deciders}


def _app(ground: Ground, settings: IdentitySettings, streams: Mapping[str, Stream[Any, Any, Any]]) -> App:
    areas, bodies, residents = streams["area"], streams["body"], streams["resident"]
    hashing, throttle, digests = Argon2(), Throttle(ground.clock), ground.ledger.keys
    keys = Keys(
        stream=streams["keyring"],
        signing=DerivedKeys(settings.signing_key.reveal()),
        revocations=Revocations(ground.views),
        longest=settings.longest_lifetime,
    )
    return App(
        areas=Areas(stream=areas, reads=AreaTree(ground.views)),
        residents=Residents(
            stream=residents,
            areas=areas,
            access=streams["access"],
            disclosures=streams["disclosure"],
            digests=digests,
        ),
        bodies=Bodies(stream=bodies, areas=areas, reads=RegisteredBodies(ground.views), digests=digests),
        roles=Roles(
            stream=streams["access"],
            residents=residents,
            areas=areas,
            bodies=bodies,
            reads=HeldRoles(ground.views),
        ),
        logins=Logins(
            stream=streams["login"],
            residents=residents,
            access=streams["access"],
            digests=digests,
            hashing=hashing,
            throttle=throttle,
            keys=keys,
            lifetime=settings.login_lifetime,
        ),
        clients=Clients(
            stream=streams["client"],
            areas=areas,
            bodies=bodies,
            reads=KnownClients(ground.views),
            hashing=hashing,
            throttle=throttle,
            keys=keys,
            lifetime=settings.client_lifetime,
        ),
        keys=keys,
    )


def _public_keys(app: App, ground: Ground) -> Mapping[str, Any]:
    """The JSON Web Key Set served at /keys.json, with the revocations as a member of our own."""
    key_set = app.keys.key_set(ground.clock())
    keys = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.key_id, "x": key.public_key}
        for key in key_set.keys
    ]
    revoked = [
        {"concealed": concealed, "before": before.timestamp()}
        for concealed, before in key_set.revocations.items()
    ]
    return {"keys": keys, "revoked": revoked}


def _api(app: App) -> Api:
    return Api.of(identity_service_pb2, IdentityApi(app), zh=MESSAGES)


SERVICE = Service(
    name="identity",
    events=EVENTS,
    views=(AreasView(), BodiesView(), RolesOfPartyView(), ClientsView(), RevokedTokensView()),
    publish=publishing.publish,
    settings=IdentitySettings,
    build=build,
)
