"""What each normal form makes of what people type."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.rpc import text
from libs.rpc.text import Form, Unfit, forms

PHONE = "+8613800138000"
INVISIBLE = (
    "\u200b\u200e\u200f\u202a\u202c\u202e\u2066\u2068\u2069\u00ad\u034f\u061c\u2060\u2064\ufe0d\ufeff"
    "\U000e0041\U000e0101"
)
EVERY_FORM = [pytest.param(form, id=str(profile)) for profile, form in forms("CN").items()]
letters = st.characters(exclude_categories=["Cs"])
odd = st.sampled_from(
    [
        *INVISIBLE,
        *"\u200c\u200d\ufe0f\u2800\u3164\u115f\u1160\r\n\x0b\x85\u2028 \u3000\u00a0-ー−１٣é👩❤न्क葛ᄀ",
    ]
)
typed = st.text(st.one_of(letters, odd, odd), max_size=12)


def of(form: Form, given_text: str) -> str:
    """The form; "" for what has none."""
    try:
        return form(given_text)
    except Unfit:
        return ""


@pytest.mark.parametrize("form", EVERY_FORM)
@given(written=typed)
@example(written="a\u0301\u034f\u0323")
@example(written="1\u30fcㇰ")
def test_a_normal_form_is_its_own_normal_form(form: Form, written: str) -> None:
    once = of(form, written)

    assert of(form, once) == once


@given(typed)
def test_free_text_and_lines_are_in_nfc_without_blanks_around(written: str) -> None:
    for form in (text.free_text, text.line):
        normal = of(form, written)

        assert normal == normal.strip() == unicodedata.normalize("NFC", normal)
        assert not set(normal) & set("\r\x0b\x0c\x85\u2028\u2029\u200b\u202e\u00ad")
    assert "\n" not in of(text.line, written)


@pytest.mark.parametrize(
    "form", [text.free_text, text.line, text.key, text.tag, text.username, text.identifier]
)
@given(blank=st.text(st.sampled_from([*INVISIBLE, *" \t\n\r\u3000\u00a0\u2003\u2800\u3164\uffa0\u2028"])))
def test_what_nobody_sees_is_absent(form: Form, blank: str) -> None:
    assert form(blank) == ""


@pytest.mark.parametrize(
    "form", [text.free_text, text.line, text.key, text.tag, text.username, text.identifier]
)
@given(at=st.integers(0, 5), hidden=st.text(st.sampled_from(INVISIBLE), min_size=1))
def test_what_nobody_sees_makes_no_difference(form: Form, at: int, hidden: str) -> None:
    assert form("chen1"[:at] + hidden + "chen1"[at:]) == "chen1"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\n"])
def test_line_ends_of_all_kinds_become_one(end: str) -> None:
    assert text.free_text(f"\ufeffone{end}two\tthree{end}") == "one\ntwo\tthree"
    assert text.line(f"one{end}two") == "one two"


@pytest.mark.parametrize(
    "needed",
    [
        "می‌خواهم",  # Persian: a joiner that parts two words
        "ക്‍ഷ",  # Malayalam: a joiner after a virama
        "👩‍👩‍👧 ❤️‍🔥 🏳️‍🌈 👍🏽",
        "1️⃣",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "葛\U000e0100城",  # a Japanese name
        "ᠠ\u180bᠪ",
        "שלום",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays(needed: str) -> None:
    assert text.free_text(needed) == text.line(needed) == unicodedata.normalize("NFC", needed)


@pytest.mark.parametrize(
    "bad", ["a\x00b", "a\x1b[31m", "a\x7f", "a\x90b", "a\ufffeb", "a\ufdd0", "\U0001ffff"]
)
@pytest.mark.parametrize("form", EVERY_FORM)
def test_other_control_characters_are_refused(form: Form, bad: str) -> None:
    with pytest.raises(Unfit):
        form(bad)


@pytest.mark.parametrize(
    "typed_in",
    [
        *("+86 138-0013-8000", "\u202a+86 138 0013 8000\u202c", "\u2068+86\u2069 138\u200b00138000"),
        *("tel:+86-138-0013-8000", "+86\u200e13800138000", "+86 138\u00ad0013\ufe0d8000"),
        *("+86 138\u22120013\u22128000", "+86 [138] 0013 8000"),
        *("+86【138】00138000", "+86·138·0013·8000", "+86。138。0013。8000", "+86 138ー0013ー8000"),
        "+86 138\u20440013\u20448000",
        *("+٨٦ ١٣٨٠٠١٣٨٠٠٠", "＋８６　１３８００１３８０００", "0086 138 0013 8000"),
        *("13800138000", "138 0013 8000", "(138) 0013-8000", "138/0013/8000"),
        *("电话：138 0013 8000", "Tel. 138-0013-8000"),
    ],
)  # fmt: skip
def test_a_phone_number_is_the_same_however_it_is_written(typed_in: str) -> None:
    assert text.phone(typed_in, "CN") == PHONE


@pytest.mark.parametrize(
    ("typed_in", "region", "number"),
    [
        ("+1 (213) 555-0147", "CN", "+12135550147"),
        ("213 555 2671", "US", "+12135552671"),
        ("021-62345678 转 12", "CN", "+862162345678;ext=12"),
        ("+86 21 6234 5678 ext. 12", "US", "+862162345678;ext=12"),
        ("12345", "CN", "12345"),
        ("311", "US", "311"),
        ("+44 (0)20 7946 0000", "CN", "+442079460000"),
    ],
)
def test_a_phone_number_is_e164(typed_in: str, region: str, number: str) -> None:
    assert text.phone(typed_in, region) == number


@pytest.mark.parametrize(
    "typed_in", ["abc", "+", "1", "+86 1", "6234567", "+999 123 456 789", "zhang wei", "9" * 40]
)
def test_what_is_no_phone_number_is_refused(typed_in: str) -> None:
    with pytest.raises(Unfit, match="country code"):
        text.phone(typed_in, "CN")


@pytest.mark.parametrize(
    "spelt",
    [
        "A-1",
        "A-1 ",
        " A-1",
        "A\u200b-1",
        "Ａ－１",
        "A−1",
        "A‐1",
        "A–1",
        "A - 1",
        "A-١",
        "\u202aA-1\u202c",
        "A-1\u2800",
    ],
)
def test_a_key_is_the_same_however_it_is_spelt(spelt: str) -> None:
    assert text.key(spelt) == "A-1"


def test_a_key_stays_readable_and_keeps_its_case() -> None:
    assert text.key("Sys311/2020 Nº5") == "Sys311/2020 No5"
    assert text.key("cafe\u0301") == text.key("café") == "café"


@pytest.mark.parametrize(
    "spelt",
    [
        "first-aid",
        "First-Aid",
        "ＦＩＲＳＴ－ＡＩＤ",
        "first-aid ",
        "first aid",
        "First_Aid",
        "ﬁrst–aid",
        "first\u00ad-aid",
    ],
)
def test_a_tag_is_the_same_however_it_is_spelt(spelt: str) -> None:
    assert text.tag(spelt) == "first-aid"


def test_tags_fold_accents_written_in_two_ways() -> None:
    assert text.tag("Cafe\u0301") == text.tag("CAFÉ") == "café"
    assert text.tag("急救") == "急救"


@pytest.mark.parametrize(
    "spelt",
    ["chen1", "CHEN1", " Chen1 ", "ｃｈｅｎ１", "chen1\u3164", "ch\u200ben1", "chen\u00ad1", "chen1\u200e"],
)
def test_a_user_name_is_the_same_however_it_is_spelt(spelt: str) -> None:
    assert text.username(spelt) == "chen1"


@pytest.mark.parametrize("name", ["chen 1", "chеn1", "ﬁsh", "chen①", "ϲhen"])
def test_a_user_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(Unfit, match="RFC 8265"):
        text.username(name)


@pytest.mark.parametrize("name", ["陈伟", "чен", "zhang.wei", "wei@example.org", "zoë", "שלום"])
def test_honest_user_names_of_any_script_pass(name: str) -> None:
    assert text.username(name) == name


def test_a_password_is_the_same_composed_and_decomposed() -> None:
    composed, decomposed = "café au lait 10", "cafe\u0301 au lait 10"

    assert text.password(composed) == text.password(decomposed)
    assert text.password(" Two  Blanks ") == " Two  Blanks "


def test_a_secret_is_taken_as_it_comes() -> None:
    assert text.exact(" e\u0301\u200b\n ") == " e\u0301\u200b\n "
