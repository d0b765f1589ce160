"""What a letter says: what happened since the last one, in one language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.identity.domain.preferences import Language
from services.identity.domain.wording import Worded, day_of, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """A letter in words. `parts`: a heading and what it says, each."""

    date: str
    opening: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    closing: tuple[str, ...]


def letter(
    said: Sequence[Worded], *, more: int, name: str, at: datetime, zone: str, language: Language
) -> LetterText:
    """A letter that tells notices. `more`: how many others there are that it does not spell out."""
    day = day_of(at.astimezone(ZoneInfo(zone)))
    addressee = one_line(name)
    if language is Language.ZH:
        rest = (f"另有{more}条通知未列出。",) if more else ()
        return LetterText(
            date=day.zh,
            opening=(f"{addressee}：您好！", "自上次来信以来，您的诉求有以下进展："),
            parts=tuple((each.title.zh, each.text.zh) for each in said),
            closing=(*rest, "如无法登录，请按信封所示寄件地址来信或来访，并说明诉求编号。"),
        )
    rest = (f"There are {more} more notices that are not listed here.",) if more else ()
    return LetterText(
        date=day.en,
        opening=(f"Dear {addressee},", "This is what happened to your reports since our last letter:"),
        parts=tuple((each.title.en, each.text.en) for each in said),
        closing=(
            *rest,
            "If you cannot log in, write to the address of the sender or go there, and give your number.",
        ),
    )
