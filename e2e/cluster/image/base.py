"""A base for the image out of Debian's packages, for where no image registry answers."""

import shutil
import subprocess
from pathlib import Path

from e2e.cluster.needs import Missing

SUITE = "bookworm"
_INCLUDE = "python3,ca-certificates"
_FOLDERS_TO_EMPTY = (
    *("dev", "var/cache/apt", "var/lib/apt/lists", "var/log"),
    *("usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/i18n"),
)


class CannotBuild(Missing):
    """The image cannot be built here; the message says what is missing."""


def make_base(archive: Path) -> None:
    """Write a root file system with Debian and its Python 3.11 as a tar archive, unless it is there.

    Needs root and debootstrap. Raises `CannotBuild`.
    """
    if archive.exists():
        return
    if shutil.which("debootstrap") is None:
        raise CannotBuild("no registry answers, and debootstrap is missing: apt-get install debootstrap")
    archive.parent.mkdir(parents=True, exist_ok=True)
    root = archive.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    _run("debootstrap", "--variant=minbase", f"--include={_INCLUDE}", SUITE, str(root))
    for folder in _FOLDERS_TO_EMPTY:
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
    for file in (root / "usr/share/doc").glob("*/*"):
        if file.name != "copyright" and not file.is_dir():  # the licences stay
            file.unlink()
    new = archive.with_suffix(".new")
    _run(
        "tar", "--create", "--file", str(new), "--directory", str(root), "--sort=name", "--numeric-owner", "."
    )
    new.replace(archive)
    shutil.rmtree(root)


def _run(*command: str) -> None:
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ended.returncode != 0:
        raise CannotBuild("\n".join([" ".join(command), *ended.stdout.splitlines()[-15:]]))
