"""Which system user runs the programs of the bundled PostgreSQL, which refuses to run as root."""

import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_STAND_INS = ("postgres", "nobody")
_TRAVERSE = (
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--securebits=+no_setuid_fixup",  # else access(2), by which initdb looks for its programs, ignores them
)


class PostgresFailed(Exception):
    """The bundled PostgreSQL cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that runs PostgreSQL: None for ourselves, else an unprivileged one (we are root).

    `traverse` lets that user pass folders that only root may enter (a checkout below /root);
    we never change the permissions of folders that are not ours.
    """

    user: pwd.struct_passwd | None = None
    traverse: bool = False

    def run(self, program: Path, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL and answer how it ended; its output is text."""
        command = [*self._prefix(), str(program), *arguments]
        # a file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open for ever
        with tempfile.TemporaryFile() as output:
            try:
                ended = subprocess.run(  # noqa: S603 - our own binaries, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=_environment(),
                    timeout=seconds,
                    check=False,
                    start_new_session=True,  # Ctrl-C is for the platform, which stops it in order
                )
            except OSError as error:
                raise PostgresFailed(f"cannot run {program}: {error}") from error
            except subprocess.TimeoutExpired as error:
                raise PostgresFailed(f"{program.name} did not end within {seconds:.0f} s") from error
            output.seek(0)
            return subprocess.CompletedProcess(
                command, ended.returncode, output.read().decode(errors="replace")
            )

    def become(self, program: Path, *arguments: str) -> NoReturn:
        """Let a program of PostgreSQL take the place of this process."""
        command = [*self._prefix(), str(program), *arguments]
        os.execve(command[0], command, _environment())  # noqa: S606 - our own binaries, no shell

    def own(self, folder: Path) -> None:
        """Give `folder` (not what is in it) to this user, for its eyes only."""
        folder.chmod(0o700)
        if self.user is not None:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _prefix(self) -> list[str]:
        if self.user is None:
            return []
        ids = [f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        return [_setpriv(), *ids, *(_TRAVERSE if self.traverse else ()), "--"]


def account_for(data: Path, program: Path) -> Account:
    """The user for a data folder: its owner if there is one, else ourselves, else (root) a stand-in.

    `data` exists. Raises `PostgresFailed` when no user fits or the user cannot reach the folder.
    """
    if os.geteuid() != 0:
        return Account()
    user = _owner(data) or _stand_in()
    for account in (Account(user), Account(user, traverse=True)):
        reached = account.run(Path("/bin/sh"), "-c", 'test -x "$0" && test -x "$1"', str(program), str(data))
        if reached.returncode == 0:
            return account
    closed = _closed(program, user) or _closed(data / "here", user)
    mend = f"run `chmod o+x {shlex.quote(str(closed))}`" if closed else f"let it reach {program} and {data}"
    raise PostgresFailed(
        f"PostgreSQL does not run as root, and the user {user.pw_name!r} that runs it instead may not access"
        f" {closed or 'all folders on its way'}: {mend}, or start Linli as an ordinary user"
    )


def _closed(path: Path, user: pwd.struct_passwd) -> Path | None:
    """The first folder on the way to `path` that the user may not enter, as far as its mode says."""
    for folder in reversed(path.absolute().parents):
        about = folder.stat()
        if about.st_uid == user.pw_uid:
            enters = about.st_mode & stat.S_IXUSR
        elif about.st_gid == user.pw_gid:
            enters = about.st_mode & stat.S_IXGRP
        else:
            enters = about.st_mode & stat.S_IXOTH
        if not enters:
            return folder
    return None


def _owner(data: Path) -> pwd.struct_passwd | None:
    owner = data.stat().st_uid
    if owner == 0:
        return None
    try:
        return pwd.getpwuid(owner)
    except KeyError:
        raise PostgresFailed(
            f"{data} belongs to the user id {owner}, which this machine does not know:"
            " give the folder to a known unprivileged user (chown -R)"
        ) from None


def _stand_in() -> pwd.struct_passwd:
    for name in _STAND_INS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresFailed(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(_STAND_INS)}:"
        " add one, or start Linli as an ordinary user"
    )


def _setpriv() -> str:
    found = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
    if found is None:
        raise PostgresFailed(
            "PostgreSQL does not run as root, and the program that would run it as another user, setpriv,"
            " is missing: install util-linux, or start Linli as an ordinary user"
        )
    return found


def _environment() -> dict[str, str]:
    """Ours without PG* settings, which would redirect the server to another folder or port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
