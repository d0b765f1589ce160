"""What hides in a dump is found, however it is spelled there."""

import base64
import json
from urllib.parse import quote

import pytest

from e2e.journeys.leaks import leaks

TEXT = "静芷 lives in flat 502"


@pytest.mark.parametrize(
    "hidden",
    [
        f"name={TEXT};".encode(),
        b"\\x00ff" + TEXT.encode().hex().encode() + b"00",
        json.dumps({"name": TEXT}).encode(),
        quote(f"name={TEXT}").encode(),
        TEXT.encode("utf-16-le"),
        bytes(64) + TEXT.encode("utf-16-be") + bytes(63),
        bytes(100) + TEXT.encode("utf-16-le") + bytes(200),
        *(base64.b64encode(b"x" * before + TEXT.encode() + b"yz") for before in range(4)),
        base64.urlsafe_b64encode(TEXT.encode()),
    ],
)
def test_a_text_is_found_in_every_spelling(hidden: bytes) -> None:
    assert leaks([TEXT], {"there": b"before " + hidden + b" after"}) == [f"there: {TEXT}"]


def test_a_text_is_found_in_every_copy() -> None:
    copies = {"here": TEXT.encode(), "nowhere": b"", "there": TEXT.encode()}

    assert leaks([TEXT], copies) == [f"here: {TEXT}", f"there: {TEXT}"]


def test_what_is_not_there_is_not_found() -> None:
    assert leaks([TEXT], {"there": "静静 lives in flat 503".encode()}) == []
