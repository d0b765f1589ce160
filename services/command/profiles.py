"""Profiles: the installations that somebody works with, where each is, and which one is current.

A profile holds no secret; the token of its last login lies beside it (`kept_tokens`).
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import msgspec

from libs.runtime.config.guards import CannotStart
from services.command import private
from services.command.registry import NAMES

VARIABLE = "LINLI_PROFILE"
FIRST = "default"
"""The name of a profile for which nobody chose one."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ADDRESS = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?):(?P<port>[0-9]{1,5})"
)
_HIGHEST_PORT = 65535

Where = str | Mapping[str, str]
"""The address of a platform, or that of each service."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An installation: its addresses, how it is trusted, and who logs in there."""

    address: str | dict[str, str]
    tls: bool = False
    ca: str = ""
    cert: str = ""
    key: str = ""
    login: str = ""
    keyring: bool = False

    def place(self, roots: bytes) -> str:
        """What tells this installation from another: where it is, and whose certificates prove that.

        A token is sent nowhere else. `roots` is what its CA file holds; empty: the system's list counts.
        """
        trusted = hashlib.sha256(roots).hexdigest() if roots else ""
        return json.dumps([self.address, self.tls, trusted], sort_keys=True)

    def written(self) -> str:
        """Its addresses, for people."""
        return self.address if isinstance(self.address, str) else ", ".join(self.address.values())


class Profiles(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    current: str = ""
    profiles: dict[str, Profile] = {}

    def named(self, name: str) -> Profile:
        """One of them. Raises `CannotStart` with those there are."""
        if found := self.profiles.get(name):
            return found
        there = ", ".join(sorted(self.profiles)) or "none"
        raise CannotStart(
            f"there is no profile {name}; there are: {there}. `linli login --profile {name} --at HOST:PORT`"
            " makes it"
        )


def folder() -> Path:
    """Where profiles and tokens lie: `linli` in the folder of configuration (XDG)."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".config") / "linli"


def load() -> Profiles:
    """The profiles of this user. Raises `CannotStart` if the file is damaged or not for us alone."""
    path = _file()
    found = private.read(path)
    if found is None:
        return Profiles()
    try:
        return msgspec.json.decode(found, type=Profiles)
    except msgspec.MsgspecError as error:
        raise CannotStart(f"{path} is damaged ({error}): mend it, or delete it and log in again") from None


def put(name: str, profile: Profile) -> Profiles:
    """Keep a profile, in place of one of the same name; the first becomes the current one."""
    valid_name(name)
    with private.alone(folder()):
        known = load()
        return _save(Profiles(current=known.current or name, profiles={**known.profiles, name: profile}))


def drop(name: str) -> None:
    """Forget a profile; if it was the current one, none is. Raises `CannotStart` if there is none."""
    with private.alone(folder()):
        known = load()
        known.named(name)
        left = {each: of for each, of in known.profiles.items() if each != name}
        _save(Profiles(current="" if known.current == name else known.current, profiles=left))


def use(name: str) -> Profile:
    """Make a profile the current one. Raises `CannotStart` if there is none."""
    with private.alone(folder()):
        known = load()
        found = known.named(name)
        _save(Profiles(current=name, profiles=known.profiles))
    return found


def chosen(given: str | None) -> str:
    """The name of the profile to use: that of the option, else of the environment, else the current one.

    "" if there is none. Raises `CannotStart` for a variable that is set and empty: nobody reaches another
    installation by a slip.
    """
    if given is not None:
        return valid_name(given)
    told = os.environ.get(VARIABLE)
    if told is None:
        return load().current
    if not told.strip():
        raise CannotStart(f"{VARIABLE} is empty: set it to the name of a profile, or unset it")
    return valid_name(told)


def complete(_context: object, _param: object, start: str) -> list[str]:
    """The names that begin so, for the completion of a line; none if they cannot be read."""
    try:
        return [name for name in sorted(load().profiles) if name.startswith(start)]
    except CannotStart:
        return []


def valid_name(name: str) -> str:
    """The name. Raises `CannotStart` for one that is none."""
    if not _NAME.fullmatch(name):
        raise CannotStart(f"{name!r} is no name of a profile: use letters, digits, `.`, `_`, `-`")
    return name


def addresses(given: tuple[str, ...]) -> str | dict[str, str]:
    """What `--at` was given: one address, or one for each service. Raises `CannotStart`."""
    if len(given) == 1 and "=" not in given[0]:
        return _address(given[0])
    found = {}
    for each in given:
        service, is_there, address = each.partition("=")
        if not is_there or service not in NAMES:
            raise CannotStart(
                f"--at {each}: give HOST:PORT once, or SERVICE=HOST:PORT for each of {', '.join(NAMES)}"
            )
        found[service] = _address(address)
    if missing := [name for name in NAMES if name not in found]:
        raise CannotStart(f"--at SERVICE=HOST:PORT is missing for {', '.join(missing)}")
    return found


def refuse_plain(profile: Profile) -> None:
    """Raise `CannotStart` if passwords and tokens would go to another machine in the clear."""
    if profile.tls:
        return
    places = [profile.address] if isinstance(profile.address, str) else profile.address.values()
    if away := [each for each in places if not _here(each.rpartition(":")[0])]:
        raise CannotStart(
            f"{', '.join(away)}: others could read password and token on their way: use TLS, with --ca FILE"
            " for an authority of your own, or --tls for those that this system trusts"
        )


def _address(given: str) -> str:
    found = _ADDRESS.fullmatch(given)
    if found is None or not 0 < int(found["port"]) <= _HIGHEST_PORT:
        raise CannotStart(f"--at {given}: give HOST:PORT, such as linli.example.org:7400")
    return given


def _here(host: str) -> bool:
    """Whether what is said to a host stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _save(known: Profiles) -> Profiles:
    private.write(_file(), msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    return known


def _file() -> Path:
    return folder() / "profiles.json"
