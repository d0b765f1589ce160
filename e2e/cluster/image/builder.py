"""docker, podman or buildah, by the words in which they differ."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.image.base import CannotBuild
from e2e.cluster.needs import BuildFailed

NAMES = ("docker", "podman", "buildah")
_CERTIFICATES = Path("/etc/ssl/certs")
_PULLED_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that builds images from a Dockerfile."""

    name: str

    def build(self, folder: Path, tag: str, target: str, arguments: Mapping[str, str]) -> None:
        """Build a target of the folder's Dockerfile."""
        words = ["build", "--target", target, "--tag", tag, "--network", "host"]
        if self.name != "docker":  # these mount what is there while they build; nothing of it is kept
            words += ["--volume", f"{_CERTIFICATES}:{_CERTIFICATES}:ro"]
        if self.name == "buildah":
            words += ["--isolation", "chroot", "--layers"]
        for name, value in arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        self._run(*words, str(folder))

    def pulls(self, image: str) -> bool:
        """Whether an image is here or can be had from its registry."""
        try:
            return self._ended("pull", "--quiet", image, timeout=_PULLED_WITHIN) == 0
        except subprocess.TimeoutExpired:
            return False

    def has(self, image: str) -> bool:
        """Whether an image is here."""
        return bool(self._told(*self._inspect, "{{.}}", image))

    def pinned(self, image: str) -> str:
        """The image by its digest in the registry, whatever its tag means tomorrow; "" where it has none."""
        if "@sha256:" in image:
            return image
        if self.name == "buildah":
            digest = self._told(*self._inspect, "{{.FromImageDigest}}", image)
            return f"{_untagged(image)}@{digest}" if digest.startswith("sha256:") else ""
        said = self._told(*self._inspect, "{{range .RepoDigests}}{{println .}}{{end}}", image)
        return next(iter(said.split()), "")

    def take(self, archive: Path, tag: str) -> None:
        """Make an image of a root file system in a tar archive."""
        if self.name != "buildah":
            self._run("import", str(archive), tag)
            return
        container = self._said("from", "scratch")
        try:
            self._run("add", container, str(archive), "/")
            self._run("commit", "--quiet", container, tag)
        finally:
            self._run("rm", container)

    def save(self, tag: str, archive: Path) -> None:
        """Write an image into an archive that docker, podman and containerd load."""
        archive.unlink(missing_ok=True)
        if self.name == "docker":
            self._run("save", "--output", str(archive), tag)
        elif self.name == "podman":
            self._run("save", "--quiet", "--format", "docker-archive", "--output", str(archive), tag)
        else:
            self._run("push", "--quiet", tag, f"docker-archive:{archive}:{tag}")

    @property
    def _inspect(self) -> tuple[str, ...]:
        """How it is asked for something that an image says of itself."""
        words = ("inspect", "--type", "image") if self.name == "buildah" else ("image", "inspect")
        return (*words, "--format")

    def _run(self, *words: str) -> None:
        if self._ended(*words) != 0:
            raise BuildFailed(f"{self.name} {words[0]} failed: see above")

    def _ended(self, *words: str, timeout: float | None = None) -> int:
        return subprocess.run([self.name, *words], check=False, timeout=timeout).returncode

    def _told(self, *words: str) -> str:
        """What it prints, "" where it fails."""
        ended = subprocess.run([self.name, *words], check=False, stdout=subprocess.PIPE, text=True)
        return ended.stdout.strip() if ended.returncode == 0 else ""

    def _said(self, *words: str) -> str:
        ended = subprocess.run([self.name, *words], check=True, stdout=subprocess.PIPE, text=True)
        return ended.stdout.strip()


def _untagged(image: str) -> str:
    """An image's name without its tag; a port of its registry stays."""
    before, slash, last = image.rpartition("/")
    return f"{before}{slash}{last.partition(':')[0]}"


def find(names: Sequence[str] = NAMES) -> Builder:
    """The first that works here. Raises `CannotBuild`."""
    for name in names:
        if shutil.which(name) and _works(name):
            return Builder(name)
    raise CannotBuild(f"none of {', '.join(names)} works here: install one of them (Debian: buildah)")


def _works(name: str) -> bool:
    """A client of docker is of no use without its server."""
    return subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0
