"""The token of a login: kept by the system's keyring or in a file of its owner, and never printed.

It is kept with the place that it was got from, and given out for that place alone.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from libs.runtime.config.guards import CannotStart
from services.command import private, profiles
from services.command.profiles import Profile

_SERVICE = "linli"
_LEAST_PRIORITY = 1
"""Of a backend of `keyring`: below are those that keep secrets in the clear, and the one that refuses."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A token, until when it is good, and where it was got from."""

    token: str
    expires: datetime
    place: str

    def __repr__(self) -> str:
        """All but the token."""
        return f"Kept(expires={self.expires!r})"


def keep(name: str, kept: Kept, *, keyring: bool) -> None:
    """Keep the token of a profile, and none in the other place. Raises `CannotStart`."""
    encoded = msgspec.json.encode(kept)
    if keyring:
        ring = _keyring()
        if ring is None:
            raise CannotStart("this system has no keyring that works: log in with --keep-in file")
        _asked(lambda: ring.set_password(_SERVICE, name, encoded.decode("ascii")))
        private.remove(_file(name))
    else:
        private.own_folder(profiles.folder())
        private.write(_file(name), encoded)
        _forget_in(_keyring(), name)


def forget(name: str, profile: Profile) -> bool:
    """Delete the token of a profile; whether there was one."""
    there = private.remove(_file(name))
    ring = _keyring()
    if ring is None and profile.keyring:
        raise CannotStart(
            f"the token of profile {name} lies in the system's keyring, which cannot be reached: unlock it,"
            " and log out again"
        )
    return _forget_in(ring, name) or there


def _forget_in(ring: Any, name: str) -> bool:
    if ring is None or _asked(lambda: ring.get_password(_SERVICE, name)) is None:
        return False
    _asked(lambda: ring.delete_password(_SERVICE, name))
    return True


def find(name: str, profile: Profile) -> Kept | None:
    """The token of a profile, wherever it was got from; None if there is none. Raises `CannotStart`."""
    encoded: bytes | str | None
    if profile.keyring:
        ring = _keyring()
        if ring is None:
            raise CannotStart(
                f"the token of profile {name} lies in the system's keyring, which cannot be reached:"
                f" {again(name, ' --keep-in file')}"
            )
        encoded = _asked(lambda: ring.get_password(_SERVICE, name))
    else:
        encoded = private.read(_file(name))
    if encoded is None:
        return None
    try:
        return msgspec.json.decode(encoded, type=Kept)
    except msgspec.MsgspecError:
        raise CannotStart(f"what is kept for profile {name} is no token: {again(name)}") from None


def usable(name: str, profile: Profile, roots: bytes) -> str:
    """The token of a profile, for where the profile leads now, with these CA certificates.

    Raises `CannotStart` with what to do if there is none, if it has expired, or if it was got elsewhere.
    """
    kept = find(name, profile)
    who = f"profile {name} ({profile.written()})"
    if kept is None:
        raise CannotStart(f"nobody is logged in with {who}: {again(name)}")
    if kept.place != profile.place(roots):
        raise CannotStart(
            f"the token of profile {name} was got from another address, or under another authority, than"
            f" {profile.written()}, and is not sent there: {again(name)}"
        )
    if kept.expires <= datetime.now(UTC):
        raise CannotStart(f"the token of {who} expired at {moment(kept.expires)}: {again(name)}")
    return kept.token


def again(name: str, more: str = "") -> str:
    """What to do when a token does not help."""
    return f"log in with `linli login --profile {name}{more}`"


def moment(when: datetime) -> str:
    """A moment of this machine's time zone, for people."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M %Z").strip()


def keyring_works() -> bool:
    """Whether the system has a keyring that can be asked, and that does not keep secrets in the clear."""
    return _keyring() is not None


def _keyring() -> Any:
    """The keyring; None without the library `keyring` (an extra of the wheel), or without a safe backend."""
    try:
        import keyring
        from keyring.backends.chainer import ChainerBackend
    except ImportError:
        return None
    try:
        ring = keyring.get_keyring()
        parts = ring.backends if isinstance(ring, ChainerBackend) else [ring]
        if not parts or any(part.priority < _LEAST_PRIORITY for part in parts):
            return None
        ring.get_password(_SERVICE, "")  # locked, or without its daemon: it fails here
    except Exception:  # noqa: BLE001  # backends raise whatever they like
        return None
    return ring


def _asked(ask: Any) -> Any:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # the same
        raise CannotStart(
            f"the system's keyring refuses ({type(error).__name__}): unlock it, or log in with --keep-in file"
        ) from None


def _file(name: str) -> Path:
    return profiles.folder() / "tokens" / f"{profiles.valid_name(name)}.json"
