"""What `make image` says of an image: what is in it, under which licence, and how large it is."""

import io
import json
import re
import subprocess
import tarfile
from datetime import date
from email.message import Message
from pathlib import Path

import pytest

from e2e.cluster.image import inventory
from e2e.cluster.image.__main__ import ROOT, compressed, layers
from e2e.cluster.image.base import CannotBuild, kept_base, make_base
from e2e.cluster.image.builder import find
from e2e.cluster.image.last_release import unpack

STATUS = """\
Package: zlib1g
Status: install ok installed
Version: 1:1.2.13.dfsg-1
Description: compression library
 Status: not this one

Package: gone
Status: deinstall ok config-files
Version: 2
"""


def about(*said: tuple[str, str]) -> Message:
    made = Message()
    for name, text in said:
        made[name] = text
    return made


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ([("License-Expression", "MIT"), ("License", "a long text")], "MIT"),
        ([("Classifier", "License :: OSI Approved :: BSD License")], "BSD License"),
        ([("License", "Apache 2.0\nand a long text")], "Apache 2.0"),
        (
            [("License", "Redistribution and use in source and binary forms, " * 2)],
            "not stated",
        ),
        ([], "not stated"),
    ],
)
def test_a_licence_is_a_name_never_a_text(said: list[tuple[str, str]], licence: str) -> None:
    assert inventory.licence_of(about(*said)) == licence


def test_installed_debian_packages_are_listed_with_the_licences_of_their_copyright(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "zlib1g").mkdir()
    (tmp_path / "zlib1g" / "copyright").write_text("Files: *\nLicense: Zlib\n")

    [found] = inventory.packages(tmp_path / "status", tmp_path)

    assert found == inventory.Component("deb/debian", "zlib1g", "1:1.2.13.dfsg-1", "Zlib")


def test_a_copyright_that_only_refers_to_a_common_licence_has_that_one(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "zlib1g").mkdir()
    (tmp_path / "zlib1g" / "copyright").write_text("found in `/usr/share/common-licenses/LGPL-2.1'.\n")

    [found] = inventory.packages(tmp_path / "status", tmp_path)

    assert found.licence == "LGPL-2.1"


def test_the_bill_names_each_component_once_by_its_purl() -> None:
    found = sorted(inventory.distributions())

    bill = json.loads(json.dumps(inventory.bill(found, "linli", "1.0")))

    purls = [each["purl"] for each in bill["components"]]
    assert len(set(purls)) == len(purls)
    assert any(purl.startswith("pkg:pypi/psycopg-binary@") for purl in purls)
    assert bill["bomFormat"] == "CycloneDX"


def test_the_size_is_that_of_the_compressed_layers(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as image:
        members = {"manifest.json": json.dumps([{"Layers": ["one.tar"]}]).encode(), "one.tar": bytes(1 << 20)}
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            image.addfile(member, io.BytesIO(content))

    assert layers(archive) == ["one.tar"]
    assert 500 < compressed(archive) < 5000


def test_distributions_of_the_base_beside_those_of_linli_are_listed(tmp_path: Path) -> None:
    about_pip = tmp_path / "pip-1.0.dist-info" / "METADATA"
    about_pip.parent.mkdir()
    about_pip.write_text("Metadata-Version: 2.1\nName: left-by-the-base\nVersion: 1.0\nLicense: MIT\n")

    found = set(inventory.distributions([str(tmp_path)]))

    assert inventory.Component("pypi", "left-by-the-base", "1.0", "MIT") in found


def test_nothing_that_builds_images_is_said_so() -> None:
    with pytest.raises(CannotBuild, match="none of no-such-builder works here"):
        find(["no-such-builder"])


def test_without_debootstrap_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotBuild, match="apt-get install debootstrap"):
        make_base(tmp_path / "base.tar")


def test_a_base_is_made_once_a_week_and_that_of_last_week_goes(tmp_path: Path) -> None:
    sunday, monday, next_sunday = (kept_base(tmp_path, date(2026, 11, day)) for day in (22, 23, 29))
    sunday.touch()
    monday.touch()

    make_base(next_sunday)

    assert next_sunday == monday != sunday
    assert [*tmp_path.iterdir()] == [monday]


def test_the_image_runs_as_nobodys_user_and_names_its_commit() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)

    for stage in stages[3:]:  # those that run: the first two build
        assert re.search(r"^RUN \S*python3? -B /usr/share/linli/inventory.py", stage, re.MULTILINE)
        assert 'org.opencontainers.image.base.digest="${BASE_DIGEST}"' in stage
        assert re.search(r"^USER 10001:\d+$", stage, re.MULTILINE)
    assert 'org.opencontainers.image.revision="${COMMIT}"' in stages[-1]
    assert stages[2].startswith("dependencies AS ")
    assert all(stage.startswith("${BASE} AS ") for stage in (stages[1], *stages[3:]))


def test_nothing_is_installed_that_is_not_locked_by_its_hash() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install ([^\n]*)", (ROOT / "Dockerfile").read_text("utf-8"))

    assert len(installs) == 3
    assert [each for each in installs if not {"--require-hashes", "--no-index"} & {*each.split()}] == []


@pytest.mark.process
def test_the_tool_that_builds_is_the_one_that_the_checkout_locks() -> None:
    [program] = re.findall(r"sed -n '(.*)' requirements-dev.txt", (ROOT / "Dockerfile").read_text("utf-8"))
    command = ["sed", "-n", program, str(ROOT / "requirements-dev.txt")]

    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert lines[0].startswith("setuptools==")
    assert len(lines) >= 2
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


def test_what_the_dockerfile_copies_is_there_for_the_last_release_too(tmp_path: Path) -> None:
    unpack(tmp_path)

    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (tmp_path / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    sources = [source for line in copied for source in line.split()]
    assert {"libs", "services"} <= set(sources)
    assert [source for source in sources if not (tmp_path / source).exists()] == []
    assert not (tmp_path / "wheel").exists()
