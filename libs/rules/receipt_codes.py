"""Codes that people copy from paper: read out by telephone, and typed, without mistakes."""

# Crockford's base 32: no I, L, O or U, so that a code survives being read out by telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")


def receipt_code(secret: str) -> str:
    """The code by which somebody without a name proves who they are, for instance `7F3K9-2QD4X-M8C1T`.

    `secret` (hexadecimal digits) cannot be guessed, and of 75 bits nor can the code.
    """
    drawn = letters(bytes.fromhex(secret), 15)
    return f"{drawn[:5]}-{drawn[5:10]}-{drawn[10:]}"


def receipt_code_typed(text: str) -> str:
    """A receipt code as it was given, from what somebody typed from paper."""
    read = as_read(typed(text))
    return f"{read[:5]}-{read[5:10]}-{read[10:]}"


def typed(text: str) -> str:
    """In capitals, without blanks and dashes."""
    return text.upper().replace(" ", "").replace("-", "")


def as_read(letters: str) -> str:
    """Letters that are no part of a code, as the digits for which they were taken."""
    return letters.translate(_MISREAD)


def letters(digest: bytes, count: int) -> str:
    """The first bits of a digest, five to a letter."""
    number = int.from_bytes(digest[:16]) >> (128 - 5 * count)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * count - 5, -1, -5))
