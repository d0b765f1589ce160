"""Clients, quotas and tokens."""

from dataclasses import asdict, fields

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.limits import quota as quotas
from libs.rpc.moments import stamp
from services.identity.application.ports import ClientRow, Token
from services.identity.domain import client
from services.identity.domain.values import Quota


def client_shown(shown: ClientRow) -> pb.Client:
    """A client of the view."""
    return pb.Client(
        client_id=shown.client_id,
        name=shown.name,
        scopes=shown.scopes,
        area_id=shown.within.area_id,
        area_path=shown.within.area_path,
        body_id=shown.within.body_id,
        retired=shown.retired,
        quota=quota_shown(shown.quota or quotas.usual(shown.scopes, client=True)),
    )


def quota_shown(quota: Quota | quotas.Quota) -> pb.Quota:
    """A quota, of the domain or of a token."""
    return pb.Quota(**asdict(quota))


def quota_of(request: pb.RegisterClientRequest | pb.SetClientQuotaRequest) -> Quota | None:
    """The quota that a request gives; None for the usual."""
    if not request.HasField("quota"):
        return None
    return Quota(**{each.name: getattr(request.quota, each.name) for each in fields(Quota)})


def client_state_shown(state: client.Client) -> pb.Client:
    """A client as its stream knows it."""
    if isinstance(state, client.Unknown):
        return pb.Client()
    active = isinstance(state, client.Active)
    row = ClientRow(
        client_id=state.client_id,
        name=state.name,
        scopes=state.scopes if isinstance(state, client.Active) else (),
        within=state.within,
        retired=not active,
        quota=state.quota if isinstance(state, client.Active) else None,
    )
    return client_shown(row)


def token_shown(token: Token) -> pb.Token:
    """A token, for its holder."""
    return pb.Token(access_token=token.text, expire_time=stamp(token.expires_at), subject_id=token.subject)
