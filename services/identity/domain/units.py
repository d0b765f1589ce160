"""The unit of a dwelling, however it is written: `3-201`, `3－201` and `三单元201室` are one dwelling.

Widths and case are folded (NFKC), Chinese numerals become digits, words between the numbers (unit, storey,
room) become dashes, and zeros before a number are dropped. A storey is left out where the number of the room
begins with it, as it nearly always does: `3单元2层201` is `3-201`. Nothing is guessed: `3201` stays `3201`.
"""

import re
import unicodedata

_DIGITS = {digit: str(number) for number, digit in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_NUMERAL = re.compile("[零〇一二两三四五六七八九十百]+")
_STOREY = re.compile(r"(?<!\d)0*(\d+)(?:层|楼)0*(?=\1\d)")
_WORDS = re.compile(
    r"单元|号楼|号|[栋幢座层楼门室户房]|(?<![a-z])(?:unit|room|flat|apt|no|floor|building|block)(?![a-z])"
)
_GAP = re.compile(r"[\W_]+")
_ZEROS = re.compile(r"^0+(?=\d)")


def unit_key(unit: str) -> str:
    """What two spellings of one unit have in common; "" if nothing is left of it."""
    text = _NUMERAL.sub(_in_digits, unicodedata.normalize("NFKC", unit).casefold())
    text = _WORDS.sub("-", _STOREY.sub("-", text))
    parts = (_ZEROS.sub("", part) for part in _GAP.split(text))
    return "-".join(part for part in parts if part)


def address_key(address: str) -> str:
    """What two spellings of one address have in common: its letters and digits, without width and case."""
    return "".join(each for each in unicodedata.normalize("NFKC", address).casefold() if each.isalnum())


def _in_digits(found: re.Match[str]) -> str:
    """A Chinese numeral below 1,000, or digits that are only read out (二〇一)."""
    text = found.group()
    if not set(text) & {"十", "百"}:
        return "".join(_DIGITS[each] for each in text)
    hundreds, _, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    number = 100 * _number(hundreds, 1 if "百" in text else 0)
    return str(number + 10 * _number(tens, 1 if ten else 0) + _number(ones, 0))


def _number(text: str, otherwise: int) -> int:
    digits = "".join(_DIGITS.get(each, "") for each in text)
    return int(digits) if digits else otherwise
