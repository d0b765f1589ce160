"""What a letter says in both languages."""

from datetime import UTC, datetime

import pytest

from libs.ledger.text import Text
from services.identity.domain.letter_wording import letter
from services.identity.domain.preferences import Language
from services.identity.domain.wording import Worded

LATE = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SAID = Worded(title=Text(zh="已登记", en="Received"), text=Text(zh="我们收到了。", en="We have it."))


@pytest.mark.parametrize(
    ("language", "date", "greeting", "part"),
    [
        (Language.ZH, "2026年3月3日", "陈梅：您好！", ("已登记", "我们收到了。")),
        (Language.EN, "3 March 2026", "Dear 陈梅,", ("Received", "We have it.")),
    ],
)
def test_a_letter_is_in_one_language_by_the_persons_calendar(
    language: Language, date: str, greeting: str, part: tuple[str, str]
) -> None:
    said = letter([SAID], more=0, name="陈梅", at=LATE, zone="Asia/Shanghai", language=language)

    assert (said.date, said.opening[0], said.parts) == (date, greeting, (part,))
    assert len(said.closing) == 1


def test_what_a_letter_does_not_spell_out_is_counted() -> None:
    zh, en = (
        letter([SAID], more=3, name="Mei", at=LATE, zone="UTC", language=language).closing[0]
        for language in (Language.ZH, Language.EN)
    )

    assert ("3" in zh, "3" in en) == (True, True)


def test_a_forged_name_stays_on_one_line() -> None:
    said = letter([], more=0, name="Mei\n\nPay here", at=LATE, zone="UTC", language=Language.EN)

    assert said.opening[0] == "Dear Mei Pay here,"
