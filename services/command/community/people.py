"""The staff of a file: found by their numbers or registered, given their roles, and let in."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.failures import RpcFailed
from libs.runtime.config.files import put
from libs.runtime.config.guards import CannotStart
from services.command.community.applying import Applying
from services.command.community.model import Person
from services.command.community.standing import Standing
from services.command.community.steps import Call
from services.command.community.wired import Wired

_BYTES = 15
_OTHERS = 0o077
_SHOWN = 10
_TAKEN = "LOGIN_NAME_TAKEN"
_PERHAPS_DONE = {"DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN"}
"""Answers after which a login may be there all the same: its password is kept."""


@dataclass(slots=True)
class Counts:
    """What became of them."""

    registered: int = 0
    found: int = 0
    granted: int = 0
    logins: int = 0
    taken: list[str] = field(default_factory=list)
    beside: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        return bool(self.registered or self.granted or self.logins)

    def __str__(self) -> str:
        """In a line."""
        said = f"people: {self.registered} registered, {self.found} found, {self.granted} roles granted"
        said += f", {self.logins} logins created"
        if self.taken:
            said += f", {len(self.taken)} login names were there already ({', '.join(self.taken[:_SHOWN])})"
        return said + (f", {self.beside} roles that the file does not name left alone" if self.beside else "")


class Passwords:
    """First passwords, for whoever hands them out: `login<TAB>password` lines in a file for its owner."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def first(self, login: str) -> str:
        """A password, which is on the disk before it counts. Raises `CannotStart`."""
        password = secrets.token_urlsafe(_BYTES)
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                self._refuse_exposed(handle)
                file.write(f"{login}\t{password}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CannotStart(f"{self._path} cannot be written: {error.strerror}") from None
        return password

    def forget(self, login: str, password: str) -> None:
        """Take a line out again: somebody logs in so already."""
        line = f"{login}\t{password}\n"
        text = self._path.read_text("utf-8").replace(line, "")
        if text:
            put(self._path, text.encode(), lasting=True)
        else:
            self._path.unlink()

    def _refuse_exposed(self, handle: int) -> None:
        if os.fstat(handle).st_mode & _OTHERS:
            raise CannotStart(
                f"others can read {self._path}: `chmod 600 {self._path}` first, or name a new file"
            )


def settled(
    people: list[Person],
    wired: Wired,
    standing: Standing,
    applying: Applying,
    passwords: Passwords | None,
) -> Counts:
    """All of them. Raises `RpcFailed`. Whoever is there with everything stays untouched."""
    counts = Counts()
    for person in people:
        request = wired.person(person)
        answer = applying.send(_call("register_resident", request))
        counts.found += answer.existing
        counts.registered += not answer.existing
        if passwords is not None and person.login:
            if _login(person, answer.resident_id, wired, applying, passwords):
                counts.logins += 1
            else:
                counts.taken.append(person.login)
        has = standing.roles(answer.resident_id) if answer.existing else []
        held = {(each.role, each.area_id, each.body_id) for each in has}
        wanted = list(_grants(person, answer.resident_id, wired))
        for grant in wanted:
            if (grant.role, grant.area_id, grant.body_id) not in held:
                applying.send(_call("grant_role", grant))
                counts.granted += 1
        counts.beside += len(held - {(each.role, each.area_id, each.body_id) for each in wanted})
    return counts


def _grants(person: Person, party_id: str, wired: Wired) -> Iterator[identity.GrantRoleRequest]:
    return (wired.grant(each, party_id) for each in person.roles)


def _login(person: Person, party_id: str, wired: Wired, applying: Applying, passwords: Passwords) -> bool:
    """Whether a login was created: one of that name that is there stays."""
    request = wired.login(person)
    request.party_id, request.password = party_id, passwords.first(person.login)
    try:
        applying.send(_call("create_login", request))
    except RpcFailed as failed:
        if not failed.passing and failed.code.name not in _PERHAPS_DONE:
            passwords.forget(person.login, request.password)
        if failed.reason != _TAKEN:
            raise
        return False
    return True


def _call(rpc: str, request: Any) -> Call:
    """Each is looked up before, or finds itself: no two runs need the same request."""
    return Call(service="identity", rpc=rpc, request=request, since=uuid4().hex)
