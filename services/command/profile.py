"""`linli profile`: which installations there are, and which one is current."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain, in_their_words, say
from services.command import kept_tokens, profiles
from services.command.login import place_options, placed
from services.command.profiles import Profile

_EXPIRED = "expired"
_name = click.argument("name", shell_complete=profiles.complete)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def list_profiles(as_json: bool) -> int:
    """List profiles: where each is, who is logged in and until when. * is the current one."""
    known = profiles.load()
    rows = [_row(name, of, known.current) for name, of in sorted(known.profiles.items())]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif not rows:
        complain(in_their_words("there are no profiles: `linli login --at HOST:PORT` makes one"))
    for row in [] if as_json else rows:
        say(f"{'*' if row['current'] else ' '} {row['profile']}  {row['address']}  {_login(row)}")
    return 0


@click.command("use")
@_name
def use_profile(name: str) -> int:
    """Make a profile the current one: commands use it unless --profile, --data or --port is given."""
    of = profiles.use(profiles.valid_name(name))
    say(f"commands now go to {of.written()}, as {of.login or 'nobody yet'} (profile {name})")
    return 0


@click.command("set")
@_name
@place_options
def set_profile(name: str, **place: Any) -> int:
    """Make a profile, or change where it leads. The token of a profile that changes is deleted."""
    known = profiles.load().profiles.get(profiles.valid_name(name))
    of = placed(name, known, move=True, **place)
    if known is not None and of != known:
        kept_tokens.forget(name, known)
    current = profiles.put(name, of).current
    say(f"profile {name} is that of {of.written()}{', and the current one' if current == name else ''}")
    return 0


@click.command("remove")
@_name
def remove_profile(name: str) -> int:
    """Forget a profile and its token."""
    kept_tokens.forget(name, profiles.load().named(profiles.valid_name(name)))
    profiles.drop(name)
    say(f"profile {name} is removed")
    return 0


def _row(name: str, of: Profile, current: str) -> dict[str, Any]:
    try:
        kept = kept_tokens.find(name, of)
        state = "none" if kept is None else _EXPIRED if kept.expires <= datetime.now(UTC) else "valid"
    except CannotStart:
        kept, state = None, "unusable"
    return {
        "profile": name,
        "current": name == current,
        "address": of.written(),
        "tls": of.tls,
        "login": of.login,
        "token": state,
        "expire_time": kept.expires.isoformat() if kept is not None else None,
        "kept_in": "keyring" if of.keyring else "file",
    }


def _login(row: dict[str, Any]) -> str:
    if row["token"] in {"none", "unusable"}:
        return f"{row['login']} is not logged in" if row["login"] else "nobody is logged in"
    when = kept_tokens.moment(datetime.fromisoformat(row["expire_time"]))
    return f"{row['login']}, {'expired at' if row['token'] == _EXPIRED else 'until'} {when}"
