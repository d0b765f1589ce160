"""docker, podman and buildah are each told what they understand: programs of ours write down their words."""

import json
from pathlib import Path

import pytest

from e2e.cluster.image.__main__ import main
from e2e.cluster.image.builder import NAMES, Builder, find
from e2e.cluster.needs import BuildFailed

pytestmark = pytest.mark.process

_DIGEST = f"sha256:{'a' * 64}"
_IMAGE = "registry.example/library/python"
_FAKE = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
with pathlib.Path(__file__).with_suffix(".told").open("a") as told:
    told.write(json.dumps(words) + chr(10))
if words[0] in {refuses}:
    sys.exit(1)
if "inspect" in words:
    print({pinned!r})
if words[0] == "from":
    print("working-container")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing but the fake programs is found first."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def fake(folder: Path, name: str, *refuses: str) -> Builder:
    pinned = _DIGEST if name == "buildah" else f"{_IMAGE}@{_DIGEST}"
    program = folder / name
    program.write_text(_FAKE.replace("{refuses}", repr({*refuses})).replace("{pinned!r}", repr(pinned)))
    program.chmod(0o755)
    return Builder(name)


def told(folder: Path, name: str) -> list[list[str]]:
    return [json.loads(line) for line in (folder / f"{name}.told").read_text().splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_a_target_is_built_with_its_arguments(folder: Path, name: str) -> None:
    fake(folder, name).build(Path("/checkout"), "linli:1", "linli", {"BASE": "x@sha256:0", "COMMIT": "abc"})

    [words] = told(folder, name)
    assert words[:5] == ["build", "--target", "linli", "--tag", "linli:1"]
    assert words[-5:] == ["--build-arg", "BASE=x@sha256:0", "--build-arg", "COMMIT=abc", "/checkout"]
    assert ("--volume" in words) is (name != "docker")  # docker's build has none
    assert ("--isolation" in words) is (name == "buildah")


@pytest.mark.parametrize("name", NAMES)
def test_a_tag_is_pinned_by_the_digest_that_it_has_now(folder: Path, name: str) -> None:
    builder = fake(folder, name)

    assert builder.pinned(f"{_IMAGE}:3.11") == f"{_IMAGE}@{_DIGEST}"
    assert builder.pinned(f"python@{_DIGEST}") == f"python@{_DIGEST}"
    assert len(told(folder, name)) == 1


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("docker", [["save", "--output", "a.tar", "linli:1"]]),
        ("podman", [["save", "--quiet", "--format", "docker-archive", "--output", "a.tar", "linli:1"]]),
        ("buildah", [["push", "--quiet", "linli:1", "docker-archive:a.tar:linli:1"]]),
    ],
)
def test_an_image_is_saved_as_docker_loads_it(
    folder: Path, name: str, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    fake(folder, name).save("linli:1", Path("a.tar"))

    assert told(folder, name) == commands


@pytest.mark.parametrize("name", NAMES)
def test_an_image_that_is_here_is_known_from_one_that_is_not(folder: Path, name: str) -> None:
    assert fake(folder, name).has("base:1")
    assert not fake(folder, name, "image", "inspect").has("base:1")


@pytest.mark.parametrize("name", NAMES)
def test_a_root_file_system_becomes_an_image(folder: Path, name: str) -> None:
    fake(folder, name).take(Path("base.tar"), "base:1")

    first, *others = told(folder, name)
    if name == "buildah":
        assert [first, *others] == [
            ["from", "scratch"],
            ["add", "working-container", "base.tar", "/"],
            ["commit", "--quiet", "working-container", "base:1"],
            ["rm", "working-container"],
        ]
    else:
        assert [first, *others] == [["import", "base.tar", "base:1"]]


def test_the_first_that_works_is_taken(folder: Path) -> None:
    fake(folder, "docker", "info")
    fake(folder, "podman")

    assert find(["docker", "podman"]).name == "podman"


def test_a_build_that_fails_is_said_so(folder: Path) -> None:
    with pytest.raises(BuildFailed, match="podman build failed"):
        fake(folder, "podman", "build").build(Path("/checkout"), "linli:1", "linli", {})


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_make_image_builds_from_the_pinned_base_and_says_so(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(folder, name, "save")

    assert main(["--builder", name, "--only", "linli", "--out", str(folder / "dist")]) == 1

    words = next(words for words in told(folder, name) if words[0] == "build")
    assert f"BASE={_IMAGE}@{_DIGEST}" in words
    assert f"BASE_DIGEST={_DIGEST}" in words
    assert "BASE_NAME=python:3.11-slim-bookworm" in words
    assert "save failed" in capsys.readouterr().err
