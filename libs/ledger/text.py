"""A text in two languages, as domains keep it: names and descriptions that everybody may read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in Chinese and English; a reader who finds their own language empty shows the other."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.zh.strip() or self.en.strip())
