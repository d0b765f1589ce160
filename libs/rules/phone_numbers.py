"""Telephone numbers to which something can be sent."""

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(text: str) -> bool:
    """Whether a text is a telephone number in the form of E.164, without an extension."""
    return _E164.fullmatch(text) is not None
