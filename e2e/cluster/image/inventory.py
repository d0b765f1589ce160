"""What is in the image: a CycloneDX bill of materials, and a list of licences. Run inside, by the Dockerfile.

Standard library only: it runs with the image's own Python, before anything else does.
"""

import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SITES = ("/usr/local/lib/python3.11/site-packages", "/usr/local/lib/python3.11/dist-packages")
"""Where a base image may have Python distributions that this interpreter does not see."""
_PACKAGES = Path("/var/lib/dpkg/status")
_COPYRIGHTS = Path("/usr/share/doc")
_UNSAID = "not stated"
_LONGEST_NAME = 60
"""Characters: some distributions put their whole licence where its name belongs."""


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """One thing that the image holds: a Python distribution or a Debian package."""

    kind: str
    name: str
    version: str
    licence: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:{self.kind}/{self.name}@{self.version.replace('+', '%2B')}"


def distributions(sites: Sequence[str] = _SITES) -> Iterator[Component]:
    """The Python distributions of this interpreter, and those of the base image beside it."""
    for found in importlib.metadata.distributions(path=[*sys.path, *sites]):
        about = found.metadata
        name = re.sub(r"[-_.]+", "-", about["Name"]).lower()
        yield Component("pypi", name, found.version, licence_of(about))


def licence_of(about: Any) -> str:
    """The SPDX expression; else what the classifiers say; else a short text in the old field."""
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in about.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    said = about.get("License-Expression") or " OR ".join(classifiers) or about.get("License") or ""
    first = said.strip().partition("\n")[0]
    return first if first and len(first) <= _LONGEST_NAME else _UNSAID


def packages(status: Path = _PACKAGES, copyrights: Path = _COPYRIGHTS) -> Iterator[Component]:
    """The Debian packages that are installed."""
    text = status.read_text("utf-8") if status.exists() else ""
    for paragraph in filter(None, text.split("\n\n")):
        said = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Z][\w-]*: ", line)
        )
        if "ok installed" in said.get("Status", ""):
            yield Component(
                "deb/debian", said["Package"], said["Version"], _copyright(copyrights, said["Package"])
            )


def _copyright(folder: Path, package: str) -> str:
    file = folder / package / "copyright"
    text = file.read_text("utf-8", "replace") if file.exists() else ""
    found = re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)
    found = found or re.findall(
        r"/usr/share/common-licenses/([\w.-]*\w)", text
    )  # older files only refer to it
    return ", ".join(sorted(set(found))) or _UNSAID


def bill(components: list[Component], name: str, version: str) -> dict[str, Any]:
    """The bill of materials, CycloneDX 1.5."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "container", "name": name, "version": version},
            "properties": [{"name": "python", "value": platform.python_version()}],
        },
        "components": [
            {
                "type": "library",
                "bom-ref": each.purl,
                "name": each.name,
                "version": each.version,
                "purl": each.purl,
                "licenses": [{"license": {"name": each.licence}}],
            }
            for each in components
        ],
    }


def main(folder: Path, name: str) -> None:
    """Write `sbom.cdx.json` and `licences.tsv` of the image of one of its components into a folder."""
    found = sorted({*distributions(), *packages()})
    version = next(each.version for each in found if each.name == name)
    (folder / "sbom.cdx.json").write_text(json.dumps(bill(found, name, version), indent=1) + "\n", "utf-8")
    rows = [
        "kind\tname\tversion\tlicence",
        *(f"{e.kind}\t{e.name}\t{e.version}\t{e.licence}" for e in found),
    ]
    (folder / "licences.tsv").write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
