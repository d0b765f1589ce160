"""Where a private RabbitMQ node looks for code first: in what it needs, not in every plugin.

Erlang looks for a module in one folder after the other, and RabbitMQ puts all its plugins before the
standard library: seventy folders, of which a node without plugins needs a third. What the applications do
not name is still found: the folders of RabbitMQ's own script come afterwards.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from libs.runtime.bundled.rabbitmq_install import Installed

PLUGINS = "plugins"
"""In the node's folder: links to the needed applications of RabbitMQ."""

_ROOTS = ("rabbit", "mnesia")
_LISTS = re.compile(r"\{\s*(?:included_|optional_)?applications\s*,\s*\[([^\]]*)\]")
_NAME = re.compile(r"[a-z]\w*")
_ONE_WORD = re.compile(r"[\w./+-]+")  # the script splits and does not quote


class Code(NamedTuple):
    """The folders of the applications that RabbitMQ needs: its own, and Erlang's."""

    rabbitmq: tuple[Path, ...]
    erlang: tuple[Path, ...]


def code_of(server: Installed) -> Code:
    """What a node without plugins needs, as the applications themselves say; empty where they do not."""
    its = _applications(server.script.parent.parent / "plugins")
    erlangs = _applications(server.erl.resolve().parent.parent / "lib")
    needed: dict[str, Path] = {}
    wanted = list(_ROOTS)
    while wanted:
        name = wanted.pop()
        file = its.get(name) or erlangs.get(name)
        if file is not None and name not in needed:
            needed[name] = file
            wanted += _needs(file)
    if "rabbit" not in needed:
        return Code((), ())
    folders = {name: file.parent.parent for name, file in sorted(needed.items())}
    return Code(
        tuple(folder for name, folder in folders.items() if name in its),
        tuple(folder for name, folder in folders.items() if name not in its),
    )


def link(server: Installed, folder: Path) -> None:
    """Put links to the needed applications of RabbitMQ into the node's folder, and no others."""
    links = folder / PLUGINS
    shutil.rmtree(links, ignore_errors=True)
    if its := code_of(server).rabbitmq:
        links.mkdir()
        for application in its:
            (links / application.name).symlink_to(application)


def first(server: Installed) -> str:
    """Erlang's arguments that put the needed applications of its own before RabbitMQ's plugins."""
    folders = [str(folder / "ebin") for folder in code_of(server).erlang]
    return " ".join(["-pa", *filter(_ONE_WORD.fullmatch, folders)]) if folders else ""


def _applications(library: Path) -> dict[str, Path]:
    """The file that describes it, for each application in a folder."""
    return {file.stem: file for file in library.glob("*/ebin/*.app")}


def _needs(file: Path) -> list[str]:
    text = file.read_text("utf-8", errors="replace")
    return [name for found in _LISTS.findall(text) for name in _NAME.findall(found)]
