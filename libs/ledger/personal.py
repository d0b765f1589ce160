"""The mark that a value is personal data, and whose."""

from dataclasses import FrozenInstanceError


class PersonalSealed(Exception):
    """Raised when somebody who was handed only sealed personal data asks for the clear text."""


class Personal:
    """A text about a person; stored enciphered under the key of `subject`.

    `value` is None once the subject's key has been destroyed (the person was erased). Readers
    of the whole ledger (projectors, relays) get personal data sealed: asking for `value` then
    raises `PersonalSealed`, so what they write cannot hold any.

    A plain class and not a dataclass on purpose: msgspec encodes dataclasses by itself and hands
    only types it does not know to our hook, which enciphers (see `mapper.py`).
    """

    __slots__ = ("_content", "subject")
    __match_args__ = ("subject", "value")

    subject: str
    _content: str | bytes | None  # clear text, sealed text, or erased

    def __init__(self, subject: str, value: str | None) -> None:
        object.__setattr__(self, "subject", subject)
        object.__setattr__(self, "_content", value)

    @property
    def value(self) -> str | None:
        """The clear text, or None if the person was erased."""
        if isinstance(self._content, bytes):
            raise PersonalSealed(f"personal data of {self.subject} is sealed here: read the stream instead")
        return self._content

    def __repr__(self) -> str:
        """Never shows the value: representations end up in logs."""
        return f"Personal(subject={self.subject!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Personal):
            return NotImplemented
        return (self.subject, self._content) == (other.subject, other._content)

    def __hash__(self) -> int:
        return hash((self.subject, self._content))

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("personal data is not pickled: it would leave the keeping of its key")


def sealed(subject: str, ciphertext: bytes) -> Personal:
    """A `Personal` as it lies in the store."""
    personal = Personal(subject, None)
    object.__setattr__(personal, "_content", ciphertext)
    return personal


def unseal(personal: Personal, value: str | None) -> None:
    """Put the clear text in place (only the mapper does, before anybody else sees the object)."""
    object.__setattr__(personal, "_content", value)
