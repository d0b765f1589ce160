"""How commands reach what runs: its address and certificates, and a profile's token or the operator's."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linli.identity.v1 import identity_service_pb2 as identity
from msgspec import structs

from libs.rpc.client import Client, connect
from libs.rpc.credentials import Credentials, Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.place import Place
from libs.runtime.config.guards import CannotStart
from services.command import kept_tokens, profiles, unreached
from services.command.addresses import address_of, tls_of
from services.command.connection_options import connection_options as connection_options
from services.command.options import DATA
from services.command.profiles import Profile, Where

_DEVELOPER = "developer"

TOKEN = "LINLI_TOKEN"  # noqa: S105  # a variable's name
_TOKEN_FORM = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750; grpc fails on what is no header at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A platform that runs, as its options name it."""

    place: Place
    typed: Path
    address: Where
    tls: Mapping[str, Any]
    profile: str = ""
    """Its name, if a profile names the platform: then nobody calls as the operator of a data folder."""
    of: Profile | None = None
    by_option: bool = False
    """The profile was given as an option, which wins over a token in the environment."""

    def anonymous(self) -> Client:
        """A client that calls as nobody. Close it at the end."""
        return connect(self.address, Token(), **self._tls)

    def client(self, anonymous: Client, **how: Any) -> Client:
        """A client with the token in LINLI_TOKEN, else the profile's or the operator's. Close it at the end.

        `how` are settings of Client: deadline, patience.

        Raises `CannotStart` for a token that is set and empty: nobody is made the operator by a slip.
        """
        return connect(self.address, self._credentials(anonymous), **how, **self._tls)

    def _credentials(self, anonymous: Client) -> Credentials:
        given = None if self.by_option else os.environ.get(TOKEN)
        if given is not None and not given.strip():
            raise CannotStart(f"{TOKEN} is empty: set it to a token, or unset it to act as the operator")
        if given:
            if not _TOKEN_FORM.fullmatch(given):
                raise CannotStart(f"{TOKEN} is no token: set it to one, or unset it")
            return Token(given)
        if self.of is not None:
            return Token(kept_tokens.usable(self.profile, self.of, self.tls.get("tls_roots", b"")))
        return Refreshing(lambda: self.fetch(anonymous))

    def fetch(self, anonymous: Client) -> tuple[str, float]:
        """A token of `developer`, the first operator, and for how many seconds it is good.

        Raises `CannotStart`, `RpcFailed`.
        """
        if self.of is not None:  # its password is for the platform on this folder, and for no other
            raise CannotStart(
                f"the operator's token is that of a data folder, not of profile {self.profile}: give --data"
            )
        path = self.place.operator_secret
        if not path.exists():
            raise CannotStart(f"{path} does not exist: is {self.place.data} the data folder of a platform?")
        secret = path.read_text(encoding="utf-8", errors="replace").strip()
        if not secret:
            raise CannotStart(
                f"{path} is empty: delete it and start the platform again, which creates a new one"
            )
        request = identity.LoginRequest(login_name=_DEVELOPER, password=secret)
        stub = anonymous.service(identity.DESCRIPTOR.services_by_name["IdentityService"])
        try:
            issued = stub.login(request).token
        except RpcFailed as failed:
            if failed.code.name != "UNAUTHENTICATED":
                raise
            raise CannotStart(
                f"the platform refuses the password of `developer` in {path}:"
                " name its data folder with --data; or, if that password was changed, write it into the file"
            ) from None
        left = issued.expire_time.ToDatetime(UTC) - datetime.now(UTC)
        return issued.access_token, left.total_seconds()

    def named(self) -> str:
        """Where it is, for people."""
        where = self.address if isinstance(self.address, str) else ", ".join(self.address.values())
        return f"{where} (profile {self.profile})" if self.profile else where

    def unreached(self, failed: RpcFailed) -> str:
        """What to do if nobody answered; "" if a server did, which gives reasons."""
        if failed.reason:
            return ""
        where = self.address if isinstance(self.address, str) else ", ".join(self.address.values())
        if failed.code.name == "DEADLINE_EXCEEDED":
            return unreached.late(where)
        if failed.code.name != "UNAVAILABLE":
            return ""
        if sentence := unreached.distrusted(where, failed.message):
            return sentence
        if self.of is not None:
            return unreached.nothing_at_profile(where, self.profile, tls=self.of.tls)
        if isinstance(self.address, str):
            return unreached.nothing_at(where)
        return unreached.nothing_in_cluster(where, self.place.data, self.typed)

    def refused_token(self, failed: RpcFailed) -> str:
        """What to do if the server did not accept the profile's token; "" if that is not why."""
        mine = self.of is not None and (self.by_option or TOKEN not in os.environ)
        about = failed.code.name == "UNAUTHENTICATED" and failed.reason.startswith("TOKEN_")
        return kept_tokens.again(self.profile) if mine and about else ""

    @property
    def _tls(self) -> dict[str, Any]:
        return dict(self.tls)


def connection(
    *,
    data: Path | None,
    port: int | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    profile: str | None = None,
) -> Connection:
    """What the options name, else the profile in use, else the data folder here. Raises `CannotStart`."""
    beside = data is not None or port is not None
    if profile is not None and beside:
        raise CannotStart("give --profile, or --data or --port, not both")
    if not beside and (name := profiles.chosen(profile)):
        return by_profile(name, profiles.load().named(name), ca, cert, key, by_option=profile is not None)
    typed = data or DATA
    place = Place(data=typed.expanduser().resolve())
    address = address_of(port, place)
    return Connection(place=place, typed=typed, address=address, tls=tls_of(ca, cert, key))


def by_profile(
    name: str,
    profile: Profile,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    *,
    by_option: bool = True,
) -> Connection:
    """The installation of a profile; files that are given stand for its own. Raises `CannotStart`."""
    given = {"ca": ca, "cert": cert, "key": key}
    here = structs.replace(profile, **{field: str(path) for field, path in given.items() if path is not None})
    if ca is not None:
        here = structs.replace(here, tls=True)
    profiles.refuse_plain(here)
    files = {field: Path(getattr(here, field)) if getattr(here, field) else None for field in given}
    return Connection(
        place=Place(data=DATA),
        typed=DATA,
        address=here.address,
        tls={"tls": here.tls, **tls_of(**files)},
        profile=name,
        of=here,
        by_option=by_option,
    )
