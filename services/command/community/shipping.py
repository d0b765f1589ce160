"""`linli community shipped`: communities that come with Linli, to try, and to begin one's own with."""

import shutil
from pathlib import Path

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import say

SHIPPED = Path(__file__).with_name("shipped")


def names() -> list[str]:
    """The communities that there are."""
    return sorted(each.name for each in SHIPPED.iterdir() if (each / "community.yaml").exists())


@click.command()
@click.argument("name", required=False)
@click.argument("to", type=click.Path(path_type=Path), required=False)
def shipped(name: str | None, to: Path | None) -> int:
    """List the communities that come with Linli, or copy the one called NAME into a new folder TO."""
    if name is None:
        say("\n".join(names()))
        return 0
    if name not in names():
        raise CannotStart(f"there is no {name}: there are {', '.join(names())}")
    folder = to or Path(name)
    if folder.exists():
        raise CannotStart(f"{folder} exists: give another folder: shipped {name} FOLDER")
    try:
        shutil.copytree(SHIPPED / name, folder)
    except OSError as error:
        raise CannotStart(f"{error.filename or folder} cannot be written: {error.strerror}") from None
    say(f"{folder}: {', '.join(sorted(each.name for each in folder.iterdir()))}")
    return 0
