"""Every refusal speaks Chinese, too."""

import inspect
import re

from services.cases.domain import refusals
from services.cases.entrypoints.chinese import MESSAGES


def test_every_refusal_has_a_chinese_text() -> None:
    codes = re.findall(r'Kind\.\w+, "([A-Z_]+)"', inspect.getsource(refusals))

    assert sorted(codes) == sorted(MESSAGES)
