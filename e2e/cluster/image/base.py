"""A base for the image out of Debian's packages, for where no image registry answers."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

from e2e.cluster.locks import alone
from e2e.cluster.needs import Missing

REGISTRY_BASE = "python:3.11-slim-bookworm"
SUITE = "bookworm"
_INCLUDE = "python3,ca-certificates"
_FOLDERS_TO_EMPTY = (
    *("dev", "var/cache/apt", "var/lib/apt/lists", "var/log"),
    *("usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/i18n"),
)


class CannotBuild(Missing):
    """The image cannot be built here; the message says what is missing."""


def kept_base(folder: Path, day: date | None = None) -> Path:
    """Where this week's base lies among what is built once: next week Debian may have mended its packages."""
    year, week, _ = (day or datetime.now(UTC).date()).isocalendar()
    return folder / f"base-{SUITE}-{year}-{week:02}.tar"


def make_base(archive: Path) -> None:
    """Write a root file system with Debian and its Python 3.11 as a tar archive, unless it is there.

    Needs root and debootstrap. Archives of other weeks are removed. Raises `CannotBuild`.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with alone(archive.parent):
        if not archive.exists():
            _make(archive)
        for old in {*archive.parent.glob(f"base-{SUITE}-*.tar")} - {archive}:
            old.unlink()


def _make(archive: Path) -> None:
    if shutil.which("debootstrap") is None:
        raise CannotBuild("no registry answers, and debootstrap is missing: apt-get install debootstrap")
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
