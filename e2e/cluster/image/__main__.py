"""`make image`: builds the images, and writes what is in them, and how large they are, into dist/."""

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.cache import folder
from e2e.cluster.image.base import REGISTRY_BASE, SUITE, kept_base, make_base
from e2e.cluster.image.builder import NAMES, Builder, find
from e2e.cluster.image.last_release import unpack
from e2e.cluster.needs import MISSING, BuildFailed, Missing

ROOT = Path(__file__).parents[3]
_OWN_BASE = f"linli-base:{SUITE}"
_INVENTORY = ("sbom.cdx.json", "licences.tsv")
_RELEASED = "released"
_TARGETS = {"linli": "linli", "rabbitmq": "linli-rabbitmq"}
"""Image by target of the Dockerfile."""
_FOR_TESTS = {"outside": "linli-outside", _RELEASED: "linli-released"}
"""The same, for what the tests on a cluster need besides: of another Dockerfile, and of the last release."""
_IMAGES = {**_TARGETS, **_FOR_TESTS}
_OURS = ("linli", _RELEASED)
_OUTSIDE = ROOT / "e2e" / "cluster" / "outside"
MEBI = 1 << 20
_BLOCK = 8 * MEBI


def main(words: list[str]) -> int:
    """Build, save, list, measure; answers the exit status."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("--builder", choices=NAMES, help="[the first of them that works]")
    parser.add_argument(
        "--base", default="", help=f"base image; `debian`: made of packages [{REGISTRY_BASE}, else debian]"
    )
    parser.add_argument("--tag", default=version(), help="[%(default)s]")
    parser.add_argument("--only", choices=[*_IMAGES], action="append", help=f"[{', '.join(_TARGETS)}]")
    parser.add_argument("--tests", action="store_true", help="build, too, what the tests on a cluster need")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="[%(default)s]")
    asked = parser.parse_args(words)
    asked.out.mkdir(parents=True, exist_ok=True)
    try:
        builder = find([asked.builder] if asked.builder else NAMES)
        base = _base(builder, asked.base)
        print(f"base: {base.name} {base.digest}")
        targets = asked.only or [*_TARGETS, *(_FOR_TESTS if asked.tests else ())]
        _make_all(builder, targets, base, asked.tag, asked.out)
    except Missing as why:
        print(f"make image: {why}", file=sys.stderr)
        return MISSING
    except BuildFailed as failed:
        print(f"make image: {failed}", file=sys.stderr)
        return 1
    return 0


def version() -> str:
    """The release that pyproject.toml names."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def commit() -> str:
    """The commit that is built, with `.dirty` if the tree holds more."""
    said = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=.dirty", "--abbrev=12", "--exclude=*"]
    ended = subprocess.run(said, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or "unknown"


@dataclass(frozen=True, slots=True)
class Base:
    """What the image stands on: `image` is what is built from, and `digest` what it was exactly."""

    image: str
    name: str
    digest: str


def _base(builder: Builder, asked: str) -> Base:
    """What is asked for, else the registry's, by its digest; else one of Debian's packages."""
    name = asked if asked not in {"", "debian"} else REGISTRY_BASE
    if asked != "debian" and (builder.pulls(name) or asked):
        if found := builder.pinned(name):
            return Base(found, name, found.rpartition("@")[2])
        return Base(name, name, "unknown")
    archive = kept_base(folder())
    make_base(archive)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    image = f"{_OWN_BASE}-{digest[:12]}"  # one that is here keeps the layers that were built on it
    if not builder.has(image):
        builder.take(archive, image)
    return Base(image, f"debootstrap {SUITE}", f"sha256:{digest}")


def _make_all(builder: Builder, targets: Sequence[str], base: Base, tag: str, out: Path) -> None:
    """Images of Linli one after the other, as they share layers; beside them the others.

    Raises the first `BuildFailed` when all have ended.
    """

    def make(several: list[str]) -> None:
        for target in several:
            _make(builder, target, base, f"{_IMAGES[target]}:{tag}", out)

    ours = [target for target in targets if target in _OURS]
    others = [target for target in targets if target not in _OURS]
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(make, ours), pool.submit(make, others)]
    for each in made:
        each.result()


def _make(builder: Builder, target: str, base: Base, tag: str, out: Path) -> None:
    of = _RELEASED if target == _RELEASED else commit()
    arguments = {"BASE": base.image, "COMMIT": of, "VERSION": tag.rpartition(":")[2]}
    arguments |= {"BASE_NAME": base.name, "BASE_DIGEST": base.digest}
    if certificates := os.environ.get("PIP_CERT"):
        arguments["PIP_CERT"] = certificates
    with _sources(target) as sources:
        builder.build(sources, tag, "linli" if target == _RELEASED else target, arguments)
    archive = out / f"{tag.replace(':', '-')}.tar"
    builder.save(tag, archive)
    if target in _FOR_TESTS:
        return
    _take_inventory(archive, out, "" if target == "linli" else f"{_TARGETS[target]}-")
    print(f"{tag}: {compressed(archive) / MEBI:.0f} MiB compressed, as a registry keeps it; {archive}")


@contextmanager
def _sources(target: str) -> Iterator[Path]:
    """The folder that a target is built from."""
    if target != _RELEASED:
        yield _OUTSIDE if target in _FOR_TESTS else ROOT
        return
    with tempfile.TemporaryDirectory() as unpacked:
        unpack(Path(unpacked))
        yield Path(unpacked)


def layers(archive: Path) -> list[str]:
    """The members of a saved image that are its layers, the lowest first."""
    with tarfile.open(archive) as saved:
        [image] = json.load(saved.extractfile("manifest.json") or sys.stdin)
    return list(image["Layers"])


def compressed(archive: Path) -> int:
    """How many bytes the layers have when each is compressed by gzip."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(_compressed, _blocks(archive)))


def _blocks(archive: Path) -> Iterator[tuple[Path, int, int]]:
    """Where the pieces of its layers lie."""
    with tarfile.open(archive) as saved:
        for name in layers(archive):
            layer = saved.getmember(name)
            ends = layer.offset_data + layer.size
            for begins in range(layer.offset_data, ends, _BLOCK):
                yield archive, begins, min(_BLOCK, ends - begins)


def _compressed(block: tuple[Path, int, int]) -> int:
    archive, begins, size = block
    with archive.open("rb") as saved:
        saved.seek(begins)
        return len(gzip.compress(saved.read(size), compresslevel=6))


def _take_inventory(archive: Path, out: Path, prefix: str) -> None:
    """Put what the image says of itself beside it."""
    wanted = {f"usr/share/linli/{name}" for name in _INVENTORY}
    with tarfile.open(archive) as saved:
        for name in layers(archive):
            with tarfile.open(fileobj=saved.extractfile(saved.getmember(name))) as layer:
                for member in layer:
                    if (path := member.name.removeprefix("./")) in wanted and (
                        file := layer.extractfile(member)
                    ):
                        (out / f"{prefix}{Path(path).name}").write_bytes(file.read())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
