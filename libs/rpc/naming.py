"""How an rpc's name reads in Python."""

import re

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """`OpenCase` -> `open_case`, `GetURLOfCase` -> `get_url_of_case`."""
    return _WORD.sub("_", name).lower()
