"""Every "no" speaks Chinese, too."""

import importlib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from libs.rpc.messages import OWN
from libs.testkit.refusals import codes_in
from services.command.registry import NAMES

ROOT = Path(__file__).parents[2]


def texts_of(name: str) -> Mapping[str, str]:
    texts: Mapping[str, str] = importlib.import_module(f"services.{name}.entrypoints.chinese").MESSAGES
    return texts


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_of_a_service_has_a_chinese_text(name: str) -> None:
    assert sorted(texts_of(name)) == sorted(codes_in(ROOT / "services" / name))


def test_every_refusal_of_the_plumbing_has_a_chinese_text() -> None:
    assert sorted(OWN["zh"]) == sorted(codes_in(ROOT / "libs"))


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_filled_with_facts_that_come_along(name: str) -> None:
    facts = codes_in(ROOT / "services" / name)

    missing = {code: set(re.findall(r"{(\w+)}", text)) - facts[code] for code, text in texts_of(name).items()}

    assert not any(missing.values()), missing
    assert all(re.search("[一-鿿]", text) for text in texts_of(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_the_texts_of_a_service_are_served(name: str) -> None:
    made = importlib.import_module(f"services.{name}.wiring")._api
    api = made(*[None] * len(inspect.signature(made).parameters))

    assert api.messages == {"zh": texts_of(name)}
