"""The mark that a value is personal data, and whose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """A text about a person; stored enciphered under the key of `subject`.

    `value` is None once the subject's key has been destroyed (the person was erased).
    """

    subject: str
    value: str | None

    def __repr__(self) -> str:
        """Never shows the value: representations end up in logs."""
        return f"Personal(subject={self.subject!r})"
