"""Releases of Linli as folders of code, each run by this environment's Python and libraries."""

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.runtime.cluster.processes import Member
from services.command.registry import NAMES, load

RELEASED = Path(__file__).parent / "released"
CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Release:
    """A release whose packages lie in `roots`."""

    name: str
    roots: tuple[Path, ...]

    @property
    def environ(self) -> Mapping[str, str]:
        """What makes Python find this release and no other."""
        return {"PYTHONPATH": ":".join(map(str, self.roots))}

    def members(self) -> list[Member]:
        """The services of a cluster, run by this release."""
        run = (sys.executable, "-P", "-m", "services.command")  # -P: not from the folder in which it starts
        return [
            Member(name, (*run, name), worker=load(name).has_worker, environ=self.environ) for name in NAMES
        ]


def working_tree() -> Release:
    """This checkout."""
    return release_at(CHECKOUT, "the working tree")


def release_at(root: Path, name: str) -> Release:
    """A checkout, or a copy of one."""
    return Release(name, (root, root / "libs" / "contracts"))


def released(folder: Path) -> Release:
    """The last release, unpacked into a folder. Raises FileNotFoundError unless exactly one is kept."""
    kept = _only("linli-*.whl")
    with zipfile.ZipFile(kept) as wheel:
        wheel.extractall(folder)
    return Release("-".join(kept.name.split("-")[:2]), (folder,))


def released_chart() -> Path:
    """The last release's chart, a package. Raises FileNotFoundError unless exactly one is kept."""
    return _only("linli-*.tgz")


def _only(pattern: str) -> Path:
    found = sorted(RELEASED.glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(f"{RELEASED} should hold one {pattern}, not {len(found)}: the last release")
    return found[0]
