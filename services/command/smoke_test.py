"""`linli kubernetes smoke-test`: what `helm test` runs, through the same door as everybody."""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any, TypeVar

import click
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as case_types
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.client import Client, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import say

T = TypeVar("T")

_NAME = "smoke-test"
"""The id of the area and of the affair that it makes once, and of which all its cases are."""
_NAMED = LocalizedText(en="Smoke test", zh="安装测试")
_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_LOOK_EVERY = 0.5
_TRY_AGAIN_AFTER = (3.0, 6.0, 12.0, 24.0)
"""Seconds between tries to log in: after an installation the first operator may not have been made yet.

Fewer than the failures that slow down whoever tries next.
"""
_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("smoke-test")
@click.option("--at", "places", multiple=True, required=True, metavar="SERVICE=HOST:PORT", help="for each")
@click.option("--login", required=True, metavar="NAME", help="an operator's name to log in with")
@click.option("--password", type=_file, required=True, metavar="FILE", help="a file with the password")
@click.option("--ca", type=_file, metavar="FILE", help="CA certificates, if they use TLS (PEM file)")
@click.option("--cert", type=_file, metavar="FILE", help="client certificate, if they require one (PEM file)")
@click.option("--key", type=_file, metavar="FILE", help="its private key (PEM file)")
@click.option("--within", type=float, default=120.0, metavar="SECONDS", help="how long it may take [120]")
def smoke_test(
    places: tuple[str, ...],
    login: str,
    password: Path,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    within: float,
) -> int:
    """Open a case, see it routed, read it in supervision's view, and reject it. Ends with 1 if it cannot."""
    files = {"tls_roots": ca, "tls_cert": cert, "tls_key": key}
    tls = {name: file.read_bytes() for name, file in files.items() if file is not None}
    test = _Test(_addresses(places), tls, deadline=time.monotonic() + within)
    try:
        test.run(login, password.read_text("utf-8").strip())
    except RpcFailed as failed:
        raise CannotStart(f"{failed.rpc}: {failed.code.name} {failed.reason}: {failed.message}") from None
    return 0


def _once(what: str) -> str:
    """The request id of what is defined once: it counts for the operator who runs this."""
    return f"{_NAME}-{what}"


def _addresses(places: tuple[str, ...]) -> dict[str, str]:
    return {name: address for name, _, address in (place.partition("=") for place in places)}


class _Test:
    """One run; what it defines is defined once, however often it runs."""

    def __init__(self, addresses: Mapping[str, str], tls: Mapping[str, bytes], deadline: float) -> None:
        self._addresses = addresses
        self._tls: Mapping[str, Any] = tls
        self._deadline = deadline

    def run(self, login: str, password: str) -> None:
        """Do it, and say each step. Raises `RpcFailed` or `CannotStart`."""
        with connect(self._addresses, Token(), **self._tls) as anonymous:
            asked = identity.LoginRequest(login_name=login, password=password)
            token = self._log_in(anonymous, asked).token.access_token
        say(f"logged in as {login}")
        with connect(self._addresses, Token(token), **self._tls) as operator:
            body_id = self._define(operator)
            say("an area, a body that answers for it and an affair are there")
            case = self._open(operator, body_id)
            say(f"case {case.public_id} is routed to the body that answers for it")
            self._read_elsewhere(operator, case)
            say("supervision has the case in its view")
            self._reject(operator, case)

    def _log_in(self, anonymous: Client, asked: identity.LoginRequest) -> Any:
        """A token, also for an operator who is being made."""
        waits = iter(_TRY_AGAIN_AFTER)
        while True:
            try:
                return self._until(lambda: self._call(anonymous, "identity", "Login", asked))
            except RpcFailed as failed:
                wait = next(waits, inf)
                if failed.reason != "CREDENTIALS_REFUSED" or time.monotonic() + wait > self._deadline:
                    raise
            say(f"{asked.login_name} is not known, or has another password; trying again in {wait:.0f} s")
            time.sleep(wait)

    def _define(self, operator: Client) -> str:
        """What a case needs in order to be routed; answers the body's id."""
        area = identity.DefineAreaRequest(
            request_id=_once("area"), area_id=_NAME, level=kinds.AREA_LEVEL_CITY, name=_NAMED
        )
        self._call(operator, "identity", "DefineArea", area)
        key = kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=_NAME)
        kind = kinds.BODY_KIND_GOVERNMENT_DEPARTMENT
        body = identity.RegisterBodyRequest(
            request_id=_once("body"), natural_key=key, kind=kind, name=_NAMED, area_id=_NAME
        )
        body_id: str = self._call(operator, "identity", "RegisterBody", body).body.body_id
        affair = catalog.DefineAffairRequest(
            request_id=_once("affair"), affair_id=_NAME, name=_NAMED, anonymous_allowed=True
        )
        self._call(operator, "catalog", "DefineAffair", affair)
        since = Timestamp()
        since.FromDatetime(_SINCE)
        item = catalog.AssignResponsibilityRequest(
            request_id=_once("item"),
            affair_id=_NAME,
            area_id=_NAME,
            body_id=body_id,
            legal_basis=_NAMED.en,
            valid_from_time=since,
        )
        self._until(lambda: self._assigned(operator, item))
        return body_id

    def _assigned(self, operator: Client, item: catalog.AssignResponsibilityRequest) -> bool:
        """Another operator may have run this before: then the item is there already, and routing decides."""
        try:
            self._call(operator, "catalog", "AssignResponsibility", item)
        except RpcFailed as failed:
            if failed.reason != "RESPONSIBILITY_OVERLAPS":
                raise
        return True

    def _open(self, operator: Client, body_id: str) -> cases.Case:
        preview = cases.PreviewRoutingRequest(affair_id=_NAME, area_id=_NAME)
        self._until(
            lambda: self._call(operator, "cases", "PreviewRouting", preview).routing.body_id == body_id
        )
        opening = cases.OpenCaseRequest(
            request_id=str(uuid.uuid4()),
            affair_id=_NAME,
            area_id=_NAME,
            channel=case_types.CHANNEL_WEB,
            description=_NAMED.en,
        )
        case: cases.Case = self._call(operator, "cases", "OpenCase", opening).case
        if case.state != case_types.CASE_STATE_ROUTED:
            raise CannotStart(f"the case is {case_types.CaseState.Name(case.state)}, not routed")
        return case

    def _read_elsewhere(self, operator: Client, case: cases.Case) -> None:
        asked = supervision.GetCaseTrailRequest(case_id=case.case_id)
        self._until(lambda: self._call(operator, "supervision", "GetCaseTrail", asked).entries)

    def _reject(self, operator: Client, case: cases.Case) -> None:
        """It counts as no open matter."""
        rejecting = cases.RejectCaseRequest(
            request_id=str(uuid.uuid4()), case_id=case.case_id, reason=_NAMED.en, reason_code="unclear"
        )
        self._call(operator, "cases", "RejectCase", rejecting)

    def _until(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer; services hear of each other's events within moments."""
        while True:
            try:
                if answer := ask():
                    return answer
            except RpcFailed as failed:
                waiting = failed.passing or failed.reason.endswith(("_UNKNOWN", "_NOT_FOUND"))
                if not waiting or time.monotonic() > self._deadline:
                    raise
            if time.monotonic() > self._deadline:
                raise CannotStart("it took too long: look at /readyz of the relays and workers")
            time.sleep(_LOOK_EVERY)

    def _call(self, client: Client, service: str, rpc: str, request: Message) -> Any:
        return client.call(f"linli.{service}.v1.{service.capitalize()}Service", rpc, request)
