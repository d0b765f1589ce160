"""Which encoding a file of text is in, told from its first megabytes."""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HANZI_FROM, _HIGH_FROM, _LAST = 0xA1, 0x80, 0xFE
_MOST_PAIRED = 0.9
_ZEROES = 0.3


def encoding_of(sample: bytes) -> str:
    """By its mark; else UTF-8 if it is; else UTF-16 by its zeroes, GB18030 by its pairs, or cp1252."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    for number, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[number::2]
        if half and half.count(0) / len(half) > _ZEROES:
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "gb18030" if _paired(sample) >= _MOST_PAIRED else "cp1252"
    return "utf-8"


def _paired(sample: bytes) -> float:
    """The share of bytes beyond ASCII that stand in pairs as GB2312's characters do."""
    high = paired = number = 0
    while number < len(sample):
        byte = sample[number]
        if byte < _HIGH_FROM:
            number += 1
            continue
        after = sample[number + 1] if number + 1 < len(sample) else _HANZI_FROM
        both = _HANZI_FROM <= byte <= _LAST and _HANZI_FROM <= after <= _LAST
        high += 2 if both else 1
        paired += 2 if both else 0
        number += 2 if both else 1
    return paired / high if high else 0.0
