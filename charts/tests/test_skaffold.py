"""skaffold.yaml sets what the chart has, and builds what the Dockerfile has."""

import re
from typing import Any

import yaml

from charts.reference import CHART, values
from charts.tests.rendered import RELEASE, helm

ROOT = CHART.parents[1]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text("utf-8"))
[INSTALLED] = CONFIG["deploy"]["helm"]["releases"]


def settable() -> dict[str, Any]:
    """What is set, with and without its profiles."""
    patched = {
        patch["path"].rpartition("/setValues/")[2]: patch["value"]
        for profile in CONFIG["profiles"]
        for patch in profile["patches"]
        if "/setValues/" in patch["path"]
    }
    return {**INSTALLED["setValues"], **patched}


def test_everything_that_it_sets_is_a_value_and_renders() -> None:
    words = [word for key, value in settable().items() for word in ("--set", f"{key}={str(value).lower()}")]

    rendered = helm("template", RELEASE, str(ROOT / INSTALLED["chartPath"]), *words)

    assert rendered.returncode == 0, rendered.stderr


def test_the_images_that_it_builds_are_those_of_the_chart_by_targets_of_the_dockerfile() -> None:
    found = values((CHART / "values.yaml").read_text("utf-8"))
    evaluation = found["evaluation"].parts["rabbitmq"].parts["image"]
    images = {found["image"].parts["repository"].default, evaluation.parts["repository"].default}
    targets = set(re.findall(r"^FROM .* AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))

    built = CONFIG["build"]["artifacts"]

    assert {artifact["image"] for artifact in built} == images
    assert {artifact["docker"]["target"] for artifact in built} <= targets


def test_it_has_a_profile_for_a_laptop_and_one_for_a_test() -> None:
    assert [profile["name"] for profile in CONFIG["profiles"]] == ["dev", "e2e"]
