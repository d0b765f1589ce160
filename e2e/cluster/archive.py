"""Packs a folder into an image archive, as `docker save` writes it: no registry is needed for that."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from pathlib import Path

_MANIFEST = "manifest.json"
_GO_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's processor, as images name it."""
    return _GO_ARCHITECTURE.get(platform.machine(), platform.machine())


def pack(to: Path, name: str, root: Path, entrypoint: Sequence[str]) -> None:
    """Write an image of one layer; the same folder gives the same bytes."""
    layer = _layer(root)
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": list(entrypoint), "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": [f"{digest}.tar"]}]).encode()
    with tarfile.open(to, "w") as archive:
        _add(archive, config_name, config)
        _add(archive, _MANIFEST, manifest)
        _add(archive, f"{digest}.tar", layer)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(content)
    archive.addfile(about, io.BytesIO(content))


def _layer(root: Path) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as layer:
        for path in sorted(root.rglob("*")):
            about = tarfile.TarInfo(str(path.relative_to(root)))  # owner and time do not depend on who packs
            about.mode = path.stat().st_mode & 0o777
            about.type = tarfile.DIRTYPE if path.is_dir() else tarfile.REGTYPE
            content = b"" if path.is_dir() else path.read_bytes()
            about.size = len(content)
            layer.addfile(about, io.BytesIO(content))
    return written.getvalue()
