"""A folder from which the last release's image is built: its wheel, and whatever else this checkout gives.

The libraries are those of the working tree, as in `make e2e-upgrade`.
"""

import re
import shutil
from pathlib import Path

from e2e.upgrade.releases import CHECKOUT, released

_FILES = (
    *("Dockerfile", "LICENSE", "README.md", "pyproject.toml"),
    *("requirements.in", "requirements.txt", "requirements-dev.txt"),
    "e2e/cluster/image/inventory.py",
)
_PACKAGES = ("libs", "services")


def unpack(folder: Path) -> None:
    """Fill an empty folder with what the Dockerfile copies. Raises FileNotFoundError without a release."""
    release = released(folder / "wheel")
    for package in _PACKAGES:
        (release.roots[0] / package).rename(folder / package)
    shutil.rmtree(folder / "wheel")
    for file in _FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / file, folder / file)
    project = folder / "pyproject.toml"
    version = release.name.removeprefix("linli-")
    text, found = re.subn(
        r'^version = ".*"$', f'version = "{version}"', project.read_text("utf-8"), count=1, flags=re.MULTILINE
    )
    assert found, "pyproject.toml names no version"
    project.write_text(text, "utf-8")
