"""Gets a token for a login, and keeps it with the profile."""

import sys
from datetime import UTC
from typing import Any
from uuid import uuid4

import click
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.failures import RpcFailed
from libs.runtime.host.terminal import in_their_words, say
from services.command import kept_tokens, profiles
from services.command.call import answered
from services.command.connection import Connection, by_profile
from services.command.kept_tokens import Kept
from services.command.profiles import Profile

_SERVICE = identity.DESCRIPTOR.services_by_name["IdentityService"]


def log_in(name: str, of: Profile, password: str, new: str = "", shown: str = "") -> int:
    """Log in as the profile says, with a `new` password from then on; answers the exit status.

    `shown`: the second factor. Without it, it is asked for where there is one. Raises `CannotStart`.
    """
    request = identity.LoginRequest(login_name=of.login, password=new or password, second_factor=shown)

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous:
            if new:
                anonymous.service(_SERVICE).change_password(
                    identity.ChangePasswordRequest(
                        request_id=uuid4().hex,
                        login_name=of.login,
                        old_password=password,
                        new_password=new,
                    )
                )
                say("the password is changed")
            token = _token(anonymous.service(_SERVICE), request)
        expires = token.expire_time.ToDatetime(UTC)
        kept = Kept(token=token.access_token, expires=expires, place=of.place(to.tls.get("tls_roots", b"")))
        kept_tokens.keep(name, kept, keyring=of.keyring)
        current = profiles.put(name, of).current
        say(f"logged in as {of.login} at {of.written()}, until {kept_tokens.moment(expires)}")
        if current != name:
            say(in_their_words(f"give --profile {name}, or make it current: `linli profile use {name}`"))

    return answered(by_profile(name, of), send)


def _token(service: Any, request: identity.LoginRequest) -> identity.Token:
    """The token; a second factor is asked for at a terminal, once it is needed."""
    try:
        return service.login(request).token  # type: ignore[no-any-return]
    except RpcFailed as failed:
        if failed.reason != "SECOND_FACTOR_NEEDED" or not sys.stdin.isatty():
            raise
    request.second_factor = str(click.prompt("Digits of your app, or a recovery code", err=True))
    return service.login(request).token  # type: ignore[no-any-return]
